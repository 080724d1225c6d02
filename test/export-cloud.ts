/** A Data Export API of programs to be killed: two days of sessions, an issuer of tokens, and a clock that is moved. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestIssuer, type TestIssuer } from "@biped/guard/testing";
import { ingest } from "../apps/data-export-api/src/data/ingest.ts";
import { createEngine } from "../apps/data-export-api/src/engine/engine.ts";
import { createFileStore, type FileStore } from "../apps/data-export-api/src/files/file-store.ts";
import type { RunSettings } from "../apps/data-export-api/src/running/run-settings.ts";
import type { Config } from "../apps/data-export-api/src/start.ts";
import { openStorage } from "../apps/data-export-api/src/storage/sql-storage.ts";
import type { Storage } from "../apps/data-export-api/src/storage/storage.ts";
import type { ExportOrder } from "./export-program.ts";
import { findFreePorts } from "./free-ports.ts";

export const projectId = 42;
export const hour = 3_600_000;
/** There is data of the day before and of this one, at the start of which the clock stands. */
export const today = Date.parse("2026-11-03T00:00:00Z");

const sessionsAnHour = 600;
const locateSession = (id: number): number => today - 24 * hour + (id * hour) / sessionsAnHour;
const sessionIds = Array.from({ length: 48 * sessionsAnHour }, (_, id) => id);

/** The ids of the sessions of a period, in order. */
export function listSessions({ from, to }: { readonly from: number; readonly to: number }): readonly number[] {
  return sessionIds.filter((id) => locateSession(id) >= from && locateSession(id) < to);
}

const engineSettings = { memoryBytes: 192_000_000, threads: 1 };

/** So short that no test waits for long, and so small that half a day has several parts. */
const runSettings: RunSettings = {
  runsAtOnce: 1,
  delaySeconds: 0,
  catchUpSeconds: 7 * 86_400,
  retryDelaysSeconds: new Array<number>(1000).fill(0),
  leaseMilliseconds: 500,
  attemptLimitSeconds: 60,
  partBytes: 50_000,
  projectBytes: 1_000_000_000,
  fileLifetimeSeconds: 7 * 86_400,
};

export type ExportCloud = {
  readonly config: Config;
  readonly storage: Storage;
  readonly fileStore: FileStore;
  readonly clock: { readonly nowSeconds: () => number; readonly advance: (seconds: number) => void };
  /** @param launcher Words in front of the program's own. */
  readonly start: (command: ExportOrder["command"], launcher?: readonly string[]) => Program;
  /** With a good token. Undefined where nobody answers, or the answer breaks off. */
  readonly call: (target: string, init?: RequestInit) => Promise<CloudAnswer | undefined>;
  /** Kills what still runs. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};
export type CloudAnswer = { readonly status: number; readonly headers: Headers; readonly bytes: Buffer };

export type CloudSettings = {
  /** What `createSessions` has made. */
  readonly dataRoot: string;
  /** Of a database with the API's schema; a new SQLite file if absent. */
  readonly databaseUrl?: string;
  readonly runs?: Partial<RunSettings>;
};

/** For one test. */
export async function createExportCloud(settings: CloudSettings): Promise<ExportCloud> {
  const directory = mkdtempSync(path.join(tmpdir(), "biped-export-cloud-"));
  const [port = 0] = await findFreePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const issuer = await serveIssuer(endpoint);
  const places = { endpoint, port, issuer: issuer.url, filesDirectory: path.join(directory, "exports") };
  const databaseUrl = `sqlite:${path.join(directory, "exports.db")}`;
  const config = createConfig(places, { databaseUrl, ...settings });
  const storage = await openStorage(config.databaseUrl);
  const clock = createClock(path.join(directory, "clock"), issuer.tokens);
  const programs: Program[] = [];
  return {
    config,
    storage,
    fileStore: createFileStore(config.filesDirectory),
    clock,
    start(command, launcher = []) {
      const program = startProgram({ command, config, clockFile: clock.file }, launcher);
      programs.push(program);
      return program;
    },
    async call(target, init = {}) {
      const headers = { ...init.headers, authorization: `Bearer ${await issuer.mint()}` };
      return fetchWhole(new URL(target, endpoint), { ...init, headers });
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of programs) child.kill("SIGKILL");
      await Promise.all(programs.map(({ ended }) => ended));
      await storage.close();
      await issuer.close();
      // Engines whose parents were killed may be writing still.
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

type Places = Pick<Config, "endpoint" | "port" | "issuer" | "filesDirectory">;

function createConfig(places: Places, { runs, ...settings }: CloudSettings & { readonly databaseUrl: string }): Config {
  return {
    ...places,
    ...settings,
    cloud: "kills",
    revocations: "open",
    engine: engineSettings,
    runs: { ...runSettings, ...runs },
    host: "127.0.0.1",
    portSetting: "BIPED_PORT",
    trustedProxies: [],
  };
}

/** Tokens of the test's own issuer, which serves its keys to programs. */
async function serveIssuer(endpoint: string) {
  const [port = 0] = await findFreePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const tokens = await createTestIssuer({ issuer: url, endpoint, startSeconds: today / 1000 });
  const server = createServer(async (request, response) => {
    const answer = await tokens.guardOptions.fetch(`${url}${request.url}`, {} as never);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url,
    tokens,
    mint: () => tokens.mint({ project_id: projectId }),
    close: () => server[Symbol.asyncDispose](),
  };
}

/** The programs read the moment from a file; it is the issuer's, too. */
function createClock(file: string, { guardOptions: { nowSeconds }, advance }: TestIssuer) {
  const write = (seconds: number): void => {
    writeFileSync(`${file}.new`, String(seconds));
    renameSync(`${file}.new`, file);
  };
  write(nowSeconds());
  return {
    file,
    nowSeconds,
    /** No token is issued before the programs know the moment. */
    advance(seconds: number): void {
      write(nowSeconds() + seconds);
      advance(seconds);
    },
  };
}

/** The sessions of two days, as the API keeps them. @returns where they are. */
export async function createSessions(directory: string): Promise<string> {
  const [input, root] = [path.join(directory, "sessions.jsonl"), path.join(directory, "data")];
  const lines = sessionIds.map((id) => {
    const session_time = new Date(locateSession(id)).toISOString();
    // Text that does not pack well, so that there are parts.
    return JSON.stringify({ session_id: id, user_id: 1, session_time, referer_url: randomBytes(48).toString("hex") });
  });
  writeFileSync(input, lines.join("\n"));
  const engine = createEngine(engineSettings);
  const parts = { root, engine, nowSeconds: () => today / 1000 + 86_400, onProgress: () => {} };
  await ingest(parts, { projectId, scope: "sessions", input, rejectsFile: `${input}.rejects`, coveredDays: [] });
  await engine.close();
  return root;
}

export type Program = {
  readonly child: ChildProcess;
  /** Its log until now. */
  readonly readLog: () => string;
  readonly ended: Promise<{ readonly code: unknown; readonly signal: unknown; readonly stderr: string }>;
};

function startProgram(order: ExportOrder, launcher: readonly string[]): Program {
  const node = [process.execPath, "--conditions=biped-source", path.join(import.meta.dirname, "export-program.ts")];
  const [program = "", ...words] = [...launcher, ...node, JSON.stringify(order)];
  // What Node has compiled once it need not compile at each start.
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: path.join(order.config.dataRoot, "..", "compiled") };
  const child = spawn(program, words, { env, stdio: ["pipe", "pipe", "pipe"] });
  const output = { log: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.log += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stderr: output.stderr }));
  return { child, readLog: () => output.log, ended };
}

async function fetchWhole(url: URL, init: RequestInit): Promise<CloudAnswer | undefined> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    // What fetch says of connections that are refused or break off; anything else is a fault of the test.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The engine's processes of these programs. */
export function findEngines(programs: readonly Program[]): readonly number[] {
  const parents = new Set(programs.map(({ child }) => child.pid));
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid = 0, parent]) => (parents.has(parent) ? [pid] : []));
}

/** Kept files by their stored names, and the directories of attempts. */
export function listDisk(filesDirectory: string) {
  const files = readdirSync(path.join(filesDirectory, "files"), { recursive: true, withFileTypes: true });
  const kept = files.flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []));
  return { kept: kept.sort(), work: readdirSync(path.join(filesDirectory, "work")) };
}
