import { expect, test } from "vitest";
import type { WaitForRunOptions } from "./data-export.ts";
import type { Run } from "./data-export-types.ts";
import { waitForRun } from "./wait-for-run.ts";

const files = [{ partId: 1, url: "https://files.example.com/1" }];

/** What each look finds, and the time that passes in sleeps alone. */
function createParts(newest: readonly (Run | undefined)[], single: readonly Run[] = [], random = 0.5) {
  const asked: string[] = [];
  const slept: number[] = [];
  let now = 1_000_000;
  let [looks, readings] = [0, 0];
  return {
    asked,
    slept,
    parts: {
      now: () => now,
      random: () => random,
      blot: (text: string) => text.replaceAll("hush", "[secret]"),
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        slept.push(milliseconds);
        now += milliseconds;
      },
    },
    look: async (runId: number | undefined): Promise<Run | undefined> => {
      asked.push(runId === undefined ? "newest" : `run ${runId}`);
      if (runId === undefined) {
        looks += 1;
        return newest[Math.min(looks, newest.length) - 1];
      }
      readings += 1;
      return single[Math.min(readings, single.length) - 1];
    },
  };
}

const wait = ({ parts, look }: ReturnType<typeof createParts>, options: WaitForRunOptions = {}) =>
  waitForRun(parts, look, options);

test("the newest run that has succeeded is read with its files", async () => {
  const service = createParts([{ jobRunId: 77, state: "SUCCESS" }], [{ jobRunId: 77, state: "SUCCESS", files }]);
  expect(await wait(service)).toEqual({ jobRunId: 77, state: "SUCCESS", files });
  expect(service.asked).toEqual(["newest", "run 77"]);
  expect(service.slept).toEqual([]);
});

test("waits for a first run, then stays with it", async () => {
  const service = createParts(
    [undefined, { jobRunId: 77, state: "CREATED" }, { jobRunId: 78, state: "SUCCESS" }],
    [
      { jobRunId: 77, state: "RUNNING" },
      { jobRunId: 77, state: "SUCCESS", files },
    ],
  );
  const seen: (string | undefined)[] = [];
  const found = await wait(service, { onLook: (run) => seen.push(run?.state) });
  expect(found.jobRunId).toBe(77);
  expect(service.asked).toEqual(["newest", "newest", "run 77", "run 77"]);
  expect(seen).toEqual([undefined, "CREATED", "RUNNING", "SUCCESS"]);
  expect(service.slept).toEqual([2000, 3000, 4500]);
});

test("a named run is the only one that is looked at", async () => {
  const service = createParts([], [{ jobRunId: 5, state: "SUCCESS", files }]);
  expect((await wait(service, { runId: 5 })).files).toEqual(files);
  expect(service.asked).toEqual(["run 5"]);
});

test("files without a state are a success", async () => {
  const service = createParts(
    [],
    [
      { jobRunId: 5, files: [] },
      { jobRunId: 5, files },
    ],
  );
  expect(await wait(service, { runId: 5 })).toEqual({ jobRunId: 5, files });
  expect(service.slept).toEqual([2000]);
});

test("RUN_FAILED: refused, with its number", async () => {
  const service = createParts([{ jobRunId: 77, state: "FAILURE" }]);
  await expect(wait(service)).rejects.toMatchObject({
    name: "ClientError",
    kind: "refused",
    code: "RUN_FAILED",
    message: "Run 77 has failed.",
    serverText: undefined,
  });
});

test.each([
  {
    failureReason: "No data of hush.",
    message: "Run 77 has failed: No data of [secret].",
    serverText: "No data of [secret].",
  },
  { failureReason: null, message: "Run 77 has failed.", serverText: undefined },
  { failureReason: { text: "?" }, message: "Run 77 has failed.", serverText: undefined },
])("RUN_FAILED: why, as far as the service says it in words: $failureReason", async ({ failureReason, ...told }) => {
  const service = createParts([{ jobRunId: 77, state: "FAILURE", failureReason: failureReason as string }]);
  await expect(wait(service)).rejects.toMatchObject({ code: "RUN_FAILED", ...told });
});

test("RUN_NOT_FINISHED: after the time limit, with a last look at its end", async () => {
  const service = createParts([{ jobRunId: 77, state: "RUNNING" }], [{ jobRunId: 77, state: "RUNNING" }]);
  const wanted = { kind: "unreachable", code: "RUN_NOT_FINISHED", message: "The run has not finished yet." };
  await expect(wait(service, { timeoutMilliseconds: 6_000 })).rejects.toMatchObject(wanted);
  expect(service.slept).toEqual([2000, 3000, 1000]);
  expect(service.asked).toHaveLength(4);
});

test("a time limit of 0 is one look", async () => {
  const service = createParts([undefined]);
  await expect(wait(service, { timeoutMilliseconds: 0 })).rejects.toMatchObject({ code: "RUN_NOT_FINISHED" });
  expect(service.asked).toEqual(["newest"]);
});

test.each([
  { random: 0, factor: 0.8 },
  { random: 1, factor: 1.2 },
])("looks grow rarer to ten times the interval, times $factor", async ({ random, factor }) => {
  const none = Array.from({ length: 9 }, () => undefined);
  const service = createParts([...none, { jobRunId: 1, state: "SUCCESS", files }], [], random);
  await wait(service, { intervalMilliseconds: 1_000 });
  const steps = [1000, 1500, 2250, 3375, 5062.5, 7593.75, 10_000, 10_000, 10_000];
  expect(service.slept.map(Math.round)).toEqual(steps.map((step) => Math.round(step * factor)));
});

test("the signal ends the wait with its reason", async () => {
  const abort = new AbortController();
  const service = createParts([undefined]);
  const reason = new Error("enough");
  const options = { signal: abort.signal, onLook: () => abort.abort(reason) };
  await expect(wait(service, options)).rejects.toBe(reason);
  expect(service.asked).toEqual(["newest"]);
});

test("TypeError: an interval that is no positive integer, before any look", async () => {
  const service = createParts([undefined]);
  await expect(wait(service, { intervalMilliseconds: 0 })).rejects.toThrow(TypeError);
  expect(service.asked).toEqual([]);
});
