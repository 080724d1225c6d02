/** A server under attack: a process on SQLite, on one core where that is possible, and what it holds of the system. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "../free-ports.ts";
import type { HeldCredential } from "../started-server.ts";
import { formatTokenRequest, pinTo } from "./open-loop.ts";
import { runServerCommand, startServerProcess } from "./server-process.ts";
import { percentile } from "./token-load.ts";

export type FloodStage = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly adminUrl: string;
  readonly held: HeldCredential;
  readonly output: () => string;
  readonly measure: () => Promise<Measured>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type Measured = {
  readonly residentMegabytes: number;
  readonly files: number;
  /** Of all its threads since it was started. */
  readonly processorSeconds: number;
};

async function measureProcess(pid: number | undefined): Promise<Measured> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, afterName = ""] = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ");
  const [user, system] = afterName.split(" ").slice(11, 13).map(Number);
  return {
    residentMegabytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024,
    files: (await readdir(`/proc/${pid}/fd`)).length,
    // Linux tells it in hundredths on every machine of today.
    processorSeconds: ((user ?? 0) + (system ?? 0)) / 100,
  };
}

export async function startFloodStage(settings: Readonly<Record<string, string>> = {}): Promise<FloodStage> {
  const directory = await mkdtemp(path.join(tmpdir(), "biped-flood-"));
  const [port = 0, adminPort = 0] = await findFreePorts(2);
  const environment = {
    PATH: process.env.PATH,
    BIPED_DATA_DIR: directory,
    BIPED_KEK_FILE: path.join(directory, "kek"),
    BIPED_PUBLIC_PORT: String(port),
    BIPED_ADMIN_PORT: String(adminPort),
    BIPED_TOKENS_PER_SECOND: "0",
    BIPED_LOG_LEVEL: "warn",
    // As the launcher sets it.
    UV_THREADPOOL_SIZE: "2",
    ...settings,
  };
  const held = await prepare(environment);
  const server = await startServerProcess({
    environment,
    before: pinTo(0),
    readyUrl: `http://127.0.0.1:${adminPort}/readyz`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    host: "127.0.0.1",
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    held,
    output: server.output,
    measure: () => measureProcess(server.child.pid),
    [Symbol.asyncDispose]: async () => {
      await server.end("SIGTERM");
      await rm(directory, { recursive: true });
    },
  };
}

async function prepare(environment: Readonly<Record<string, string | undefined>>): Promise<HeldCredential> {
  const run = (...args: readonly string[]) => runServerCommand(environment, args);
  await run("keys", "create-kek", environment.BIPED_KEK_FILE ?? "");
  await run("create", "account", "--name", "Northwind Retail");
  await run("create", "cloud", "--name", "aws", "--endpoint", "https://api.eu-west-1.example.com");
  await run("create", "project", "--account", "1", "--cloud", "aws", "--id", "42", "--name", "UX ANALYTICS");
  const names = ["--account", "1", "--project", "42", "--name", "Dashboard", "--scopes", "data-export"];
  const { credential, clientSecret } = JSON.parse(await run("create", "credential", ...names));
  return { clientId: credential.clientId, clientSecret };
}

export type Steady = {
  readonly count: number;
  readonly failures: readonly string[];
  /** Of the answers with 503 and Retry-After, after which it asked again; those are no failures. */
  readonly shed: number;
  readonly p99: number;
};

/** Somebody who does nothing wrong, and asks so often, one after another. */
export function keepAsking(ask: () => Promise<Response>, pauseMilliseconds: number): () => Promise<Steady> {
  const milliseconds: number[] = [];
  const failures: string[] = [];
  let shed = 0;
  let isAsking = true;
  const asked = (async () => {
    while (isAsking) {
      const startedAt = performance.now();
      const status = await ask().then(
        async (answer) => {
          await answer.arrayBuffer();
          const isShed = answer.status === 503 && /^[123]$/.test(answer.headers.get("retry-after") ?? "");
          return isShed ? "shed" : String(answer.status);
        },
        (error: unknown) => String(error),
      );
      milliseconds.push(performance.now() - startedAt);
      if (status === "shed") shed += 1;
      else if (status !== "200") failures.push(status);
      await sleep(pauseMilliseconds);
    }
  })();
  return async () => {
    isAsking = false;
    await asked;
    return { count: milliseconds.length, failures, shed, p99: percentile(milliseconds, 0.99) };
  };
}

/** By the client of Node, which keeps its connection. */
export function createTokenAsk(url: string, held: HeldCredential, headers: Record<string, string> = {}) {
  const [, body = ""] = formatTokenRequest(held).split("\r\n\r\n");
  const type = "application/x-www-form-urlencoded";
  const sent = { method: "POST", body, headers: { "content-type": type, ...headers } };
  return (): Promise<Response> => fetch(`${url}/v1/oauth/token`, sent);
}
