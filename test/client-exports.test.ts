/** Runs, files, fields and keys, over real connections: to the stand-in with its faults, then to both services. */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { type ClientOptions, createClient, type ExportFile, type NewJob, type Run } from "@biped/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientService, catchError, collect, oneDay, services, useStandIn } from "./client-services.ts";
import { faults } from "./public-service.ts";

const once42: NewJob = {
  name: "Once",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "once", dateRange: { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" } },
  fields: [{ fieldName: "session_id" }, { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" }],
  deviceLabel: "all",
};

const { standIn, startSeconds, create } = useStandIn();

async function findFile(runId: number, partId = 1): Promise<ExportFile> {
  const { files = [] } = await create().client.exports.run(1119, runId);
  const file = files.find((each) => each.partId === partId);
  if (file === undefined) throw new Error(`Run ${runId} has no part ${partId}.`);
  return file;
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collect(stream));
}

describe("runs", () => {
  test("of a job, the newest first, or the oldest", async () => {
    const { exports } = create().client;
    const runs = await collect(exports.runs(1119));
    expect(runs.map(({ jobRunId, state }) => [jobRunId, state])).toEqual([
      [130348, "SUCCESS"],
      [130347, "FAILURE"],
      [130346, "SUCCESS"],
    ]);
    const oldest = await collect(exports.runs(1119, { order: "ASC", state: "SUCCESS", pageSize: 1 }));
    expect(oldest.map(({ jobRunId }) => jobRunId)).toEqual([130346, 130348]);
  });

  test("the successful ones of all jobs of the project, and of no other project", async () => {
    const { client } = create();
    const runs = await collect(client.exports.successfulRuns());
    expect(runs.map(({ jobRunId }) => jobRunId)).toEqual([130349, 130348, 130346]);
    expect(await collect(client.forProject(43).exports.successfulRuns())).toEqual([]);
  });

  test("one run has files with links that end", async () => {
    const { files, ...run } = await create().client.exports.run(1119, 130346);
    expect(run).toMatchObject({ jobRunId: 130346, state: "SUCCESS" });
    expect(files?.map(({ partId }) => partId)).toEqual([1, 2]);
    expect(files?.[0]?.expirationDate).toBe(new Date((startSeconds + 3600) * 1000).toISOString());
  });

  test("a run of another job, and of none, is refused", async () => {
    const { exports } = create().client;
    for (const [jobId, runId] of [
      [1119, 130349],
      [1119, 1],
      [2201, 130346],
    ] as const) {
      const { kind, code, status } = await catchError(exports.run(jobId, runId));
      expect([kind, code, status]).toEqual(["refused", "NOT_FOUND", 404]);
    }
  });

  test("250 jobs are listed once each, though the service caps its pages at 30 without saying so", async () => {
    for (let count = 0; count < 250; count += 1) standIn().control.addJob(43);
    standIn().control.settings.mostItemsPerPage = 30;
    const { client, seen } = create({ projectId: 43 });
    const jobs = await collect(client.exports.list());
    expect([jobs.length, new Set(jobs.map(({ jobId }) => jobId)).size]).toEqual([251, 251]);
    expect(seen.count("GET /v1/exports")).toBe(9);
  });
});

describe("fields and keys", () => {
  test("exportable fields of sessions and views, custom variables, dynamic keys in both shapes", async () => {
    const { exports } = create().client;
    const fields = async (scope: "sessions" | "views") =>
      (await exports.exportableFields(scope)).map(({ name, type }) => `${name} ${type}`);
    expect(await fields("sessions")).toEqual(["session_id Integer", "city String", "custom_var String"]);
    expect(await fields("views")).toEqual(["view_duration_msec Integer", "errors.message Array(String)"]);
    expect(await exports.customVars()).toEqual([
      { position: 3, name: "plan" },
      { position: 7, name: "theme" },
    ]);
    const range = { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00+01:00" };
    expect(await exports.dynamicVarKeys(range)).toEqual(["campaign", "variant"]);
    standIn().control.settings.dynamicVarKeys = [{ key: "campaign" }, "variant"];
    expect(await exports.dynamicVarKeys(range)).toEqual(["campaign", "variant"]);
  });
});

describe("waitForRun", () => {
  test("from the creation of a job to its files, ever less often", async () => {
    standIn().control.settings.isLookingProgress = true;
    const { client, waits } = create();
    const { jobId } = await client.exports.create(once42);
    const states: (string | undefined)[] = [];
    const run = await client.exports.waitForRun(jobId, { onLook: (seen) => void states.push(seen?.state) });
    expect(states).toEqual(["RUNNABLE", "RUNNING", "SUCCESS"]);
    expect(waits).toEqual([2000, 3000]);
    const [file] = run.files ?? [];
    if (file === undefined) throw new Error("The run has no file.");
    const text = (await read(await client.exports.download(file, { gunzip: true }))).toString();
    expect(text).toBe(standIn().control.readFile(run.jobRunId).text);
  });

  test("a run that fails is refused: RUN_FAILED", async () => {
    const { exports } = create().client;
    const runId = standIn().control.addRun(1120, { state: "FAILURE" });
    const { kind, code } = await catchError(exports.waitForRun(1120));
    expect([kind, code]).toEqual(["refused", "RUN_FAILED"]);
    standIn().control.setRunState(runId, "SUCCESS");
    expect((await exports.waitForRun(1120, { runId })).jobRunId).toBe(runId);
  });

  test("a run that takes too long: RUN_NOT_FINISHED; one who gives up is told its own reason", async () => {
    const { exports } = create().client;
    const runId = standIn().control.addRun(1119, { state: "RUNNING" });
    const late = await catchError(exports.waitForRun(1119, { timeoutMilliseconds: 0 }));
    expect([late.kind, late.code]).toEqual(["unreachable", "RUN_NOT_FINISHED"]);
    const caller = new AbortController();
    const reason = new Error("I gave up.");
    const wait = exports.waitForRun(1119, { signal: caller.signal, onLook: () => caller.abort(reason) });
    await expect(wait).rejects.toBe(reason);
    standIn().control.setRunState(runId, "FAILURE");
  });
});

describe("download", () => {
  test("the bytes as they are stored, and unpacked on request; never with the token", async () => {
    const { client, seen } = create();
    await client.token();
    const file = await findFile(130346, 2);
    const { bytes, text } = standIn().control.readFile(130346, 2);
    const progress: (readonly [number, number | undefined])[] = [];
    const onProgress = (received: number, total: number | undefined) => void progress.push([received, total]);
    expect((await read(await client.exports.download(file, { onProgress }))).equals(bytes)).toBe(true);
    expect(progress.at(-1)).toEqual([bytes.length, bytes.length]);
    expect((await read(await client.exports.download(file, { gunzip: true }))).toString()).toBe(text);
    expect(standIn().counts.tokensAtFiles).toBe(0);
    const headers = seen.calls.filter(({ call }) => call.startsWith("GET /files/")).map((each) => each.headers);
    expect(headers.map((each) => [each.get("authorization"), each.get("accept-encoding")])).toEqual([
      [null, "identity"],
      [null, "identity"],
    ]);
  });

  test.each([
    ["ranges", false, 6],
    ["no ranges", true, 7],
  ])("from a store with %s, what breaks off again and again is whole in the end", async (_, isIgnored, requests) => {
    standIn().control.settings.isRangeIgnored = isIgnored;
    for (const afterBytes of [0, 1, 1000, 3000, 5000, 9000]) {
      standIn().control.failNext("file", { kind: "cut", afterBytes });
    }
    const { client } = create();
    const stream = await client.exports.download(await findFile(130348));
    expect((await read(stream)).equals(standIn().control.readFile(130348).bytes)).toBe(true);
    expect(standIn().counts.byPath["GET /files/130348/part-1.jsonl.gz"]).toBe(requests);
  });

  test("a store that breaks off for ever: DOWNLOAD_INCOMPLETE, without a spin", async () => {
    standIn().control.failNext("file", { kind: "cut", afterBytes: 0 }, 100);
    const { client } = create();
    const download = client.exports.download(await findFile(130348)).then(read);
    const { kind, code } = await catchError(download);
    expect([kind, code]).toEqual(["unreachable", "DOWNLOAD_INCOMPLETE"]);
    expect(standIn().counts.byPath["GET /files/130348/part-1.jsonl.gz"]).toBeLessThanOrEqual(10);
  });

  test("a store that falls silent is left, and the rest is fetched anew", async () => {
    standIn().control.failNext("file", { kind: "stall", afterBytes: 700 });
    const { client } = create({ timeoutMilliseconds: 100 });
    const stream = await client.exports.download(await findFile(130348));
    expect((await read(stream)).equals(standIn().control.readFile(130348).bytes)).toBe(true);
  });

  test("a download goes on where an earlier one ended", async () => {
    const { bytes } = standIn().control.readFile(130348);
    const { client, seen } = create();
    const stream = await client.exports.download(await findFile(130348), { offset: 4000 });
    expect((await read(stream)).equals(bytes.subarray(4000))).toBe(true);
    expect(seen.calls.at(-1)?.headers.get("range")).toBe("bytes=4000-");
  });

  test("a link that has ended is renewed when the caller knows how, and refused otherwise", async () => {
    const file = await findFile(130348);
    standIn().control.expireLinks();
    const { client } = create();
    const refused = await catchError(client.exports.download(file));
    expect([refused.kind, refused.status]).toEqual(["refused", 403]);
    const stream = await client.exports.download(file, { renewLink: () => findFile(130348) });
    expect((await read(stream)).equals(standIn().control.readFile(130348).bytes)).toBe(true);
  });

  test("a link that ends between two connections is renewed on the way", async () => {
    const { client } = create();
    standIn().control.failNext("file", { kind: "cut", afterBytes: 2000 });
    const stream = await client.exports.download(await findFile(130348), { renewLink: () => findFile(130348) });
    standIn().control.expireLinks();
    expect((await read(stream)).equals(standIn().control.readFile(130348).bytes)).toBe(true);
  });

  test("a file that changes between two connections is not patched together: FILE_CHANGED", async () => {
    const runId = standIn().control.addRun(1119, { contents: [`${"one\n".repeat(500)}`] });
    standIn().control.failNext("file", { kind: "cut", afterBytes: 10 });
    const { client } = create();
    const stream = await client.exports.download(await findFile(runId));
    standIn().control.changeFile(runId, 1, "another\n".repeat(700));
    const { kind, code } = await catchError(read(stream));
    expect([kind, code]).toEqual(["not_oauth", "FILE_CHANGED"]);
  });

  test("a link on plain http to another machine is not fetched", async () => {
    const { client, seen } = create();
    const file = { partId: 1, url: "http://files.example.com/part-1.gz?signature=0123456789abcdef" };
    const { kind, code, message } = await catchError(client.exports.download(file));
    expect([kind, code, message.includes("0123456789abcdef")]).toEqual(["not_oauth", "ADDRESS_NOT_ALLOWED", false]);
    expect(seen.calls).toEqual([]);
  });

  test("what is no gzip cannot be unpacked, and a web page is no file", async () => {
    const { client } = create();
    const fail = async () => {
      const file = await findFile(130348);
      return catchError(client.exports.download(file, { gunzip: true }).then(read));
    };
    standIn().control.failNext("file", { kind: "answer", status: 200, body: "session_id\n1\n" });
    standIn().control.failNext("file", faults.webPage());
    const [plain, page] = [await fail(), await fail()];
    expect([plain.kind, plain.code, page.kind]).toEqual(["not_oauth", "FILE_DAMAGED", "not_oauth"]);
  });

  test("one who cancels, or gives up, frees the connection", async () => {
    const { client } = create();
    standIn().control.failNext("file", { kind: "stall", afterBytes: 500 }, 2);
    const cancelled = await client.exports.download(await findFile(130348));
    await cancelled.cancel();
    const caller = new AbortController();
    const reason = new Error("I gave up.");
    const { signal } = caller;
    const reader = (await client.exports.download(await findFile(130348), { signal })).getReader();
    await reader.read();
    const next = reader.read();
    caller.abort(reason);
    await expect(next).rejects.toBe(reason);
    while (standIn().counts.inFlight > 0) await setImmediate();
  });
});

describe.each(services)("with $name", ({ name, start: startService }) => {
  const isSandbox = name === "the sandbox";
  const isoDay = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  const period = { from: `${isoDay(3)}T00:00:00Z`, to: `${isoDay(2)}T00:00:00Z` };
  const patience = { intervalMilliseconds: 100, timeoutMilliseconds: 110_000 };
  const hourly: NewJob = {
    ...once42,
    name: "Hours",
    frequency: { value: "hourly" },
    fields: [{ fieldName: "session_id" }],
  };
  let service: ClientService;
  let done: Run;
  let bytes: Buffer;

  const createExports = (options: Partial<ClientOptions> = {}) => {
    const { authUrl, account } = service;
    const own = { authUrl, ...account, scope: "data-export", projectId: 42, timeoutMilliseconds: 110_000 };
    return createClient({ ...own, ...options }).exports;
  };
  const firstFile = ({ files }: Run): ExportFile => files?.[0] ?? { partId: 0, url: "no file" };

  beforeAll(async () => {
    service = await startService();
    const exports = createExports();
    const { jobId } = await exports.create(oneDay(period.from, period.to));
    done = { jobId, ...(await exports.waitForRun(jobId, patience)) };
    bytes = await read(await exports.download(firstFile(done)));
  }, 120_000);
  afterAll(() => service.stop());

  const jobOf = ({ jobId = 0 }: Run): number => jobId;

  test("a run that has succeeded, alone and among its job's and its project's", async () => {
    const exports = createExports();
    expect(done).toMatchObject({ state: "SUCCESS", completionRate: 100, files: [{ partId: 1 }] });
    const facts = ({ jobRunId, state }: Run) => [jobRunId, state];
    expect((await collect(exports.runs(jobOf(done)))).map(facts)).toEqual([[done.jobRunId, "SUCCESS"]]);
    expect(await collect(exports.runs(jobOf(done), { state: "FAILURE" }))).toEqual([]);
    expect((await collect(exports.successfulRuns())).map(({ jobRunId }) => jobRunId)).toContain(done.jobRunId);
    const others = await collect(createExports({ projectId: 43 }).successfulRuns());
    expect(others.map(({ jobRunId }) => jobRunId)).not.toContain(done.jobRunId);
  });

  test("another project's run, another job's, and none: NOT_FOUND", async () => {
    const exports = createExports();
    const { jobId: otherJob } = await exports.create(hourly);
    for (const ask of [
      () => createExports({ projectId: 43 }).run(jobOf(done), done.jobRunId),
      () => collect(createExports({ projectId: 43 }).runs(jobOf(done))),
      () => exports.run(otherJob, done.jobRunId),
      () => exports.run(jobOf(done), 987_654_321),
    ]) {
      const { kind, code, status } = await catchError(ask());
      expect([kind, code, status]).toEqual(["refused", "NOT_FOUND", 404]);
    }
  });

  test("the file: each line one row, the length as told, the rest from any place on", async () => {
    const exports = createExports();
    const lines = gunzipSync(bytes).toString().trimEnd().split("\n");
    expect(Object.keys(JSON.parse(lines[0] ?? ""))).toEqual(["session_id", "city"]);
    expect([done.rowCount ?? lines.length, done.byteCount ?? bytes.length]).toEqual([lines.length, bytes.length]);
    const progress: (number | undefined)[] = [];
    const onProgress = (received: number, total: number | undefined) => void progress.push(received, total);
    const unpacked = await read(await exports.download(firstFile(done), { gunzip: true, onProgress }));
    expect(unpacked.equals(gunzipSync(bytes))).toBe(true);
    expect(progress.slice(-2)).toEqual([bytes.length, bytes.length]);
    const rest = await read(await exports.download(firstFile(done), { offset: 1000 }));
    expect(rest.equals(bytes.subarray(1000))).toBe(true);
  });

  test("a connection that breaks again and again, and a link that has ended, do not show in the file", async () => {
    const asked: (string | null)[] = [];
    const cutting = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const response = await globalThis.fetch(input, init);
      if (!String(input).includes("/files/") || !response.ok) return response;
      asked.push(new Headers(init?.headers).get("range"));
      return asked.length > 3 ? response : cutBody(response, 1000);
    };
    const exports = createExports({ fetch: cutting, random: () => 0 });
    expect((await read(await exports.download(firstFile(done)))).equals(bytes)).toBe(true);
    expect(asked).toEqual([null, "bytes=1000-", "bytes=2000-", "bytes=3000-"]);
    const before = firstFile(await exports.run(jobOf(done), done.jobRunId));
    await service.advanceSeconds(3601);
    const { kind, status } = await catchError(exports.download(before));
    expect([kind, status]).toEqual(["refused", 403]);
    const renewLink = async () => firstFile(await exports.run(jobOf(done), done.jobRunId));
    expect((await read(await exports.download(before, { renewLink }))).equals(bytes)).toBe(true);
  }, 120_000);

  test("a digest that the service tells is the file's", async () => {
    const told: string[] = [];
    await read(
      await createExports().download(firstFile(await createExports().run(jobOf(done), done.jobRunId)), {
        onDigest: (sha256) => told.push(sha256),
      }),
    );
    const digest = createHash("sha256").update(bytes).digest("base64");
    expect(told).toEqual(isSandbox ? [digest] : []);
  });

  test("a run that fails: RUN_FAILED, and why where the service says it; one that takes longer: RUN_NOT_FINISHED", async () => {
    const exports = createExports();
    const { jobId } = await service.createFailingJob(exports);
    const failed = await catchError(exports.waitForRun(jobId, patience));
    expect([failed.kind, failed.code]).toEqual(["refused", "RUN_FAILED"]);
    expect(failed.serverText).toBe(isSandbox ? "No data has been brought in for 2020-01-01." : undefined);
    const { jobId: waiting } = await exports.create(hourly);
    const late = await catchError(exports.waitForRun(waiting, { timeoutMilliseconds: 0 }));
    expect([late.kind, late.code]).toEqual(["unreachable", "RUN_NOT_FINISHED"]);
  }, 120_000);

  test("jobs that are created while they are listed: each that was there comes once", async () => {
    const exports = createExports();
    for (let count = 0; count < 5; count += 1) await exports.create(hourly);
    const before = (await collect(exports.list())).map(({ jobId }) => jobId);
    const listed: number[] = [];
    for await (const { jobId } of exports.list({ pageSize: 3 })) {
      if (listed.length === 2) for (let count = 0; count < 3; count += 1) await exports.create(hourly);
      if (listed.length % 3 === 0) await exports.create(hourly);
      listed.push(jobId);
    }
    expect(listed.length).toBe(new Set(listed).size);
    expect(listed.filter((jobId) => before.includes(jobId))).toEqual(before);
  }, 120_000);

  test("runs that are added while they are listed: each that was there comes once", async () => {
    const exports = createExports();
    const { jobId } = await exports.create(hourly);
    for (let count = 0; count < 4; count += 1) await service.addRun(jobId, exports);
    const before = (await collect(exports.runs(jobId))).map(({ jobRunId }) => jobRunId);
    expect(before.length).toBeGreaterThanOrEqual(4);
    const listed: number[] = [];
    for await (const { jobRunId } of exports.runs(jobId, { pageSize: 2 })) {
      listed.push(jobRunId);
      if (listed.length < 4) await service.addRun(jobId, exports);
    }
    expect(listed.length).toBe(new Set(listed).size);
    expect(listed.filter((runId) => before.includes(runId))).toEqual(before);
  }, 120_000);

  test("fields, custom variables and keys", async () => {
    const exports = createExports();
    for (const scope of ["sessions", "views"] as const) {
      const [field] = await exports.exportableFields(scope);
      expect(field).toEqual({ name: expect.any(String), type: expect.any(String), description: expect.any(String) });
    }
    expect((await exports.customVars()).map(({ position }) => position)).toContain(3);
    const keys = await exports.dynamicVarKeys(period);
    expect([keys.length > 0, keys.every((key) => typeof key === "string")]).toEqual([true, true]);
  }, 120_000);
});

/** An answer whose connection breaks after so many bytes. */
function cutBody(response: Response, afterBytes: number): Response {
  let left = afterBytes;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.byteLength;
      if (left <= 0) controller.error(new Error("The connection broke."));
    },
  });
  const { status, headers } = response;
  return new Response(response.body?.pipeThrough(cut) ?? null, { status, headers });
}
