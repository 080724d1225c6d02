import { expect, test } from "vitest";
import type { CallOptions } from "./client.ts";
import { createDataExport, type DataExport } from "./data-export.ts";
import type { NewJob } from "./data-export-types.ts";

type Call = { readonly path: string; readonly options: CallOptions | undefined };

/** The client's call gives these payloads, one after the other, the last one again and again. */
function createExports(...payloads: readonly unknown[]) {
  const calls: Call[] = [];
  const exports = createDataExport({
    call: async (path, options) => {
      calls.push({ path, options });
      return payloads[Math.min(calls.length, payloads.length) - 1];
    },
    exchange: () => Promise.reject(new Error("No file is meant to be fetched.")),
    addresses: { isSecure: () => true },
    blot: (text) => text,
    timeoutMilliseconds: 1_000,
    now: () => 0,
    random: () => 0.5,
    sleep: async () => undefined,
  });
  return { exports, calls, paths: () => calls.map(({ path }) => path) };
}

const newJob: NewJob = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
};

test("list asks for the filter's jobs, 100 at once, and keeps members it does not know", async () => {
  const { exports, paths } = createExports([{ jobId: 7, colour: "blue" }]);
  const jobs = exports.list({ state: "ACTIVE", scope: "views", order: "DESC", format: undefined });
  expect(await Array.fromAsync(jobs)).toEqual([{ jobId: 7, colour: "blue" }]);
  expect(paths()).toEqual(["/v1/exports?limit=100&state=ACTIVE&scope=views&order=DESC&page=1"]);
});

test("runs and successfulRuns have paths of their own", async () => {
  const { exports, paths } = createExports([{ jobRunId: 1 }]);
  await Array.fromAsync(exports.runs(7, { state: "SUCCESS", pageSize: 5 }));
  await Array.fromAsync(exports.successfulRuns());
  expect(paths()).toEqual([
    "/v1/exports/7/runs?limit=5&state=SUCCESS&page=1",
    "/v1/exports/successful-runs?limit=100&page=1",
  ]);
});

test("nothing is asked before the first item is wanted", async () => {
  const { exports, calls } = createExports([]);
  const jobs = exports.list();
  expect(calls).toHaveLength(0);
  expect(await jobs.next()).toEqual({ done: true, value: undefined });
  expect(calls).toHaveLength(1);
});

test("an aborted signal ends the reading between two pages", async () => {
  const abort = new AbortController();
  const { exports, calls } = createExports([{ jobId: 1 }]);
  const jobs = exports.list({ signal: abort.signal, pageSize: 1 });
  await jobs.next();
  abort.abort(new Error("enough"));
  await expect(jobs.next()).rejects.toThrow("enough");
  expect(calls).toHaveLength(1);
  expect(calls[0]?.options?.signal).toBe(abort.signal);
});

test("create posts the job and takes its number", async () => {
  const { exports, calls } = createExports({ jobId: 1119, state: "ACTIVE" });
  expect(await exports.create(newJob)).toEqual({ jobId: 1119 });
  expect(calls).toEqual([
    {
      path: "/v1/exports",
      options: {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(newJob),
      },
    },
  ]);
});

test("get and run take one object", async () => {
  const run = { jobRunId: 3, files: [{ partId: 0, url: "https://files.example.com/0", size: 5 }], rate: 100 };
  const { exports, paths } = createExports({ jobId: 2 }, run);
  expect(await exports.get(2)).toEqual({ jobId: 2 });
  expect(await exports.run(2, 3)).toEqual(run);
  expect(paths()).toEqual(["/v1/exports/2", "/v1/exports/2/runs/3"]);
});

test("fields, custom variables and keys; a key may be a text or an object", async () => {
  const { exports, paths } = createExports(
    [{ name: "session_id" }],
    [{ position: 3 }],
    ["plan", { key: "cart", count: 2 }],
  );
  expect(await exports.exportableFields("views")).toEqual([{ name: "session_id" }]);
  expect(await exports.customVars()).toEqual([{ position: 3 }]);
  const range = { from: "2026-11-01T00:00:00+01:00", to: "2026-11-02T00:00:00Z" };
  expect(await exports.dynamicVarKeys(range)).toEqual(["plan", "cart"]);
  expect(paths()).toEqual([
    "/v1/exportable-fields?scope=views",
    "/v1/custom-vars",
    "/v1/dynamic-var-keys?from=2026-11-01T00%3A00%3A00%2B01%3A00&to=2026-11-02T00%3A00%3A00Z",
  ]);
});

test("waitForRun looks at the newest run, then at that one", async () => {
  const files = [{ partId: 1, url: "https://files.example.com/1" }];
  const { exports, paths } = createExports([], [{ jobRunId: 9, state: "RUNNING" }], {
    jobRunId: 9,
    state: "SUCCESS",
    files,
  });
  expect((await exports.waitForRun(4)).files).toEqual(files);
  expect(paths()).toEqual([
    "/v1/exports/4/runs?order=DESC&page=1&limit=1",
    "/v1/exports/4/runs?order=DESC&page=1&limit=1",
    "/v1/exports/4/runs/9",
  ]);
});

test.each([
  { name: "list: an object", payload: {}, ask: (exports: DataExport) => exports.list().next() },
  { name: "list: a job without a number", payload: [{}], ask: (exports: DataExport) => exports.list().next() },
  { name: "runs: nothing", payload: null, ask: (exports: DataExport) => exports.runs(1).next() },
  { name: "get: a list", payload: [{ jobId: 1 }], ask: (exports: DataExport) => exports.get(1) },
  { name: "get: a number as text", payload: { jobId: "1" }, ask: (exports: DataExport) => exports.get(1) },
  { name: "create: no number", payload: {}, ask: (exports: DataExport) => exports.create(newJob) },
  { name: "run: files that are no list", payload: { jobRunId: 1, files: {} }, ask: (e: DataExport) => e.run(1, 1) },
  {
    name: "run: a file without address",
    payload: { jobRunId: 1, files: [{ partId: 1 }] },
    ask: (e: DataExport) => e.run(1, 1),
  },
  { name: "fields: no name", payload: [{}], ask: (exports: DataExport) => exports.exportableFields("views") },
  { name: "custom variables: texts", payload: ["a"], ask: (exports: DataExport) => exports.customVars() },
  { name: "keys: numbers", payload: [1], ask: (e: DataExport) => e.dynamicVarKeys({ from: "a", to: "b" }) },
])("UNEXPECTED_ANSWER: $name", async ({ payload, ask }) => {
  const { exports } = createExports(payload);
  const wanted = { name: "ClientError", kind: "not_oauth", code: "UNEXPECTED_ANSWER" };
  await expect(ask(exports)).rejects.toMatchObject(wanted);
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 53])("TypeError: %d is no id, and nothing is asked", async (id) => {
  const { exports, calls } = createExports([]);
  await expect(exports.get(id)).rejects.toThrow(TypeError);
  await expect(exports.run(1, id)).rejects.toThrow("runId must be a positive integer.");
  await expect(exports.run(id, 1)).rejects.toThrow("jobId must be a positive integer.");
  await expect(exports.waitForRun(id)).rejects.toThrow(TypeError);
  await expect(exports.waitForRun(1, { runId: id })).rejects.toThrow(TypeError);
  expect(() => exports.runs(id)).toThrow(TypeError);
  expect(() => exports.list({ pageSize: id })).toThrow(TypeError);
  expect(calls).toHaveLength(0);
});

test("an id from a caller without types cannot leave its place in the path", async () => {
  const { exports, calls } = createExports({ jobId: 1 });
  await expect(exports.get("../oauth/me" as unknown as number)).rejects.toThrow(TypeError);
  expect(calls).toHaveLength(0);
});
