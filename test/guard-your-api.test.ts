/** The four programs of docs/guard-your-api.md, run as they stand, beside a server whose tokens they judge. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRuntimes } from "../tools/runtimes.ts";
import { repository } from "./fake-folder.ts";
import { findFreePorts } from "./free-ports.ts";
import { createFacts, type StartedServer, startServer } from "./started-server.ts";

type Door = { readonly method: string; readonly path: string; readonly scope: string; readonly answer: object };

const doors: Readonly<Record<string, Door>> = {
  fastify: {
    method: "GET",
    path: "/v1/metrics/site",
    scope: "metrics",
    answer: { status: 200, body: { success: true, payload: { projectId: 42, visits: 1204 } } },
  },
  express: {
    method: "GET",
    path: "/v1/replays",
    scope: "session-replay",
    answer: { status: 200, body: { success: true, payload: [{ projectId: 42, replayId: 7 }] } },
  },
  hono: {
    method: "POST",
    path: "/v1/ios-symbols",
    scope: "symbolicator",
    answer: { status: 201, body: { success: true, payload: { projectId: 42 } } },
  },
  worker: {
    method: "POST",
    path: "/v1/enrichments",
    scope: "enrichment",
    answer: { status: 202, body: { success: true, payload: { projectId: 42 } } },
  },
};

let started: StartedServer;
let credential: { readonly clientId: string; readonly clientSecret: string };
const place = mkdtempSync(path.join(tmpdir(), "biped-guard-your-api-"));
symlinkSync(path.join(repository, "node_modules"), path.join(place, "node_modules"));
writeFileSync(path.join(place, "package.json"), JSON.stringify({ type: "module" }));

beforeAll(async () => {
  started = await startServer("sqlite");
  // The programs go by the clock of the machine.
  started.clock.seconds = Math.floor(Date.now() / 1000);
  credential = (await createFacts(started)).account;
});
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  await started?.stop();
});

const page = readFileSync(path.join(repository, "docs/guard-your-api.md"), "utf8");
const bun = findRuntimes(repository).runtimes.find(({ name }) => name === "Bun");

async function fetchToken(scope: string): Promise<string> {
  const { clientId: client_id, clientSecret: client_secret } = credential;
  const body = JSON.stringify({ client_id, client_secret, grant_type: "client_credentials", scope, project_id: 42 });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${started.url}/v1/oauth/token`, { method: "POST", headers, body });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

/** Its text with our addresses in place of the sandbox's. */
async function runProgram(name: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const [, text = ""] = new RegExp(`^\`\`\`ts run=${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  const [port = 0] = await findFreePorts(1);
  const program = text
    .replace("http://127.0.0.1:4000", started.url)
    .replace("http://127.0.0.1:4001", "https://api.eu-west-1.example.com")
    .replace("5000", `${port}`);
  const file = path.join(place, `${name}.ts`);
  writeFileSync(file, program);
  const isWorker = program.includes("export default");
  const command = isWorker ? (bun?.command ?? "") : process.execPath;
  const child = spawn(command, ["--conditions=biped-source", file], { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://localhost:${port}`;
  while (child.exitCode === null && !(await fetch(url).catch(() => undefined))) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { url, child };
}

describe.each(Object.entries(doors))("the page's program for %s", (name, door) => {
  const isWorker = name === "hono" || name === "worker";

  test.skipIf(isWorker && bun === undefined)("lets in who has a token with its scope, and nobody else", async () => {
    const { url, child } = await runProgram(name);
    const call = async (token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}${door.path}`, { method: door.method, headers });
      return { status: answer.status, body: await answer.json() };
    };
    try {
      expect(await call(await fetchToken(door.scope))).toStrictEqual(door.answer);
      expect(await call()).toMatchObject({ status: 401, body: { errorCode: "JWT_MISSING" } });
      expect(await call(await fetchToken("data-export"))).toMatchObject({
        status: 403,
        body: { errorCode: "INSUFFICIENT_SCOPE" },
      });
    } finally {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });

  test("has at most ten lines", () => {
    const [, text = ""] = new RegExp(`^\`\`\`ts run=${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
  });
});
