/** The compiled client on each runtime, against one service; and in a world that holds Web globals alone. */

import { createHash } from "node:crypto";
import { cpSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRuntimes, type Runtime } from "../tools/runtimes.ts";
import { type ClientProject, createClientProject } from "./compiled-client.ts";
import { repository, runCommand } from "./fake-folder.ts";
import { findFreePorts } from "./free-ports.ts";
import { exportedText, startRuntimesService } from "./runtimes-service.ts";

let project: ClientProject;
beforeAll(() => {
  project = createClientProject();
  cpSync(new URL("./runtimes/try-client.mjs", import.meta.url), path.join(project.folder, "try-client.mjs"));
});
afterAll(() => project?.remove());

async function tryOn({ command, args }: Runtime) {
  const [port = 0, laterPort = 0] = await findFreePorts(2);
  const service = await startRuntimesService(port, laterPort);
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  try {
    return await runCommand(command, [...args, "try-client.mjs", service.url], { cwd: project.folder, env });
  } finally {
    await service.stop();
  }
}

const echo = (body = "", url = "") => [200, { url, body, acceptEncoding: "identity" }];
const failure = (kind: string, code: string, further: object = {}) => ({
  name: "ClientError",
  kind,
  code,
  status: null,
  requestId: null,
  serverText: null,
  retryAfterSeconds: null,
  ...further,
});
const expected = {
  token: [42, "data-export", true, 3_600_000],
  singleFlight: [1, 2],
  fetch: echo("", "?a=1"),
  post: echo("x".repeat(100)),
  expired: [echo(), 3],
  expiredWithBody: [echo("again"), expect.arrayContaining(["POST /v1/echo 5", "POST /v1/echo 5"])],
  information: { scopes: "data-export", permissions: { projects: [{ id: 42, name: "identity" }] } },
  exports: [70, 70, 1],
  create: { jobId: 100 },
  download: [
    exportedText.length,
    [...createHash("sha256").update(exportedText).digest().subarray(0, 8)],
    ["", 'range "e"'],
  ],
  refusedConnection: [echo("late"), expect.arrayContaining(["POST /v1/echo 4"])],
  brokenPost: failure("unreachable", "CONNECTION_FAILED"),
  callsAfterBrokenPost: ["POST /v1/break 4"],
  brokenGet: failure("unreachable", "CONNECTION_FAILED"),
  callsAfterBrokenGet: Array.from({ length: 4 }, () => "GET /v1/break 0"),
  brokenOnKept: ["GET /v1/echo 0", "POST /v1/break 4"],
  abort: { name: "AbortError" },
  timeout: failure("unreachable", "TIMEOUT"),
  busy: failure("unreachable", "HTTP_429", { status: 429, retryAfterSeconds: 7 }),
  wrongSecret: failure("refused", "INVALID_CLIENT", {
    status: 401,
    requestId: "request-1",
    serverText: "Client authentication failed.",
  }),
  redirect: failure("not_oauth", "REDIRECTED", { status: 307 }),
  callsAfterRedirect: expect.not.arrayContaining([expect.stringContaining("stolen")]),
  webPage: failure("not_oauth", "UNEXPECTED_ANSWER", { status: 200 }),
  anotherHost: failure("not_oauth", "ENDPOINT_NOT_ALLOWED", { status: 200 }),
  unknownEnding: failure("unreachable", "HTTP_502", { status: 502 }),
  retried: [["POST", 1, "CONNECTION_FAILED"], ...[1, 2, 3].map((attempt) => ["GET", attempt, "CONNECTION_FAILED"])],
};

/** What a runtime does by itself: Deno sends even a POST again that broke on a connection which it had kept. */
const ownWays: Readonly<Record<string, object>> = {
  Deno: { brokenOnKept: ["GET /v1/echo 0", "POST /v1/break 4", "POST /v1/break 4"] },
};

describe("the compiled client", () => {
  const { runtimes, missing, faults } = findRuntimes(repository);

  test("is tried on every runtime that can be had here", () => {
    if (missing.length > 0) console.log(`left out, as they are not installed: ${missing.join(", ")}`);
    expect(faults).toEqual([]);
    expect(runtimes.length + missing.length).toBe(5);
  });

  test.each(runtimes)("does the same on $name", async (runtime) => {
    const { output, errors, code } = await tryOn(runtime);
    expect([errors, code]).toEqual(["", 0]);
    expect(JSON.parse(output)).toEqual({ ...expected, ...ownWays[runtime.name] });
  });
});

describe("nothing of Node is in the compiled client", () => {
  test("it imports only itself", () => {
    const imported = [...project.modules].flatMap(([file, code]) =>
      [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, target = ""]) => `${file}: ${target}`),
    );
    expect(imported.length).toBeGreaterThan(10);
    expect(imported.filter((each) => !/^\S+: \.\.?\/[\w./-]+\.js$/.test(each))).toEqual([]);
  });

  /** What workers, browsers and every runtime have in common, beside the language itself. */
  const webGlobals = () => ({
    ...{ fetch, URL, URLSearchParams, Headers, Request, Response, AbortController, AbortSignal, DOMException },
    ...{ setTimeout, clearTimeout, TextDecoder, TextEncoder, ReadableStream, TransformStream, DecompressionStream },
    crypto,
    // Those of the context would be other ones than those of `fetch`, which exist once in a real runtime.
    ...{ Uint8Array, Error, TypeError },
  });

  test("it works where there are Web globals alone", async () => {
    const [port = 0, laterPort = 0] = await findFreePorts(2);
    const service = await startRuntimesService(port, laterPort);
    try {
      const context = vm.createContext({ ...webGlobals(), url: service.url });
      vm.runInContext(await project.bundle('export * from "@biped/client";', "iife"), context);
      expect(vm.runInContext("typeof process + typeof Buffer + typeof require", context)).toBe("undefined".repeat(3));
      const script = `(async () => {
        const { createClient, credentialsFromEnvironment } = bundle;
        const options = { authUrl: url, clientId: "id", clientSecret: "secret", scope: "data-export" };
        const client = createClient(options);
        const answer = await (await client.fetch("/v1/echo", { method: "POST", body: "b" })).json();
        const jobs = [];
        for await (const job of client.exports.list()) jobs.push(job);
        // The first connection is cut, so that the second one takes the file up in its middle.
        const file = { partId: 1, url: url + "/files/1" };
        const onProgress = () => fetch(url + "/control/cut-file");
        const text = await new Response(await client.exports.download(file, { gunzip: true, onProgress })).text();
        const refused = await createClient({ ...options, clientSecret: "no" }).token().catch(({ code }) => code);
        let missing = "";
        try { credentialsFromEnvironment(); } catch ({ message }) { missing = message; }
        return JSON.stringify([answer.body, jobs.length, text.length, refused, missing]);
      })()`;
      expect(JSON.parse(await vm.runInContext(script, context))).toEqual([
        "b",
        70,
        exportedText.length,
        "INVALID_CLIENT",
        "Missing in the environment: BIPED_AUTH_URL, BIPED_CLIENT_ID, BIPED_CLIENT_SECRET, BIPED_SCOPE.",
      ]);
    } finally {
      await service.stop();
    }
  });
});
