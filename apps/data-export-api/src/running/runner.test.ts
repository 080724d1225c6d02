import { StoreUnavailable } from "@biped/database";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ExportWork, fakeEngine, holdEngine, openExportWork, writeParts } from "../../../../test/export-work.ts";
import { createRunner } from "./runner.ts";

const frequency = {
  value: "once",
  dateRange: { from: Date.parse("2026-11-01"), to: Date.parse("2026-11-03") },
} as const;

let exports: ExportWork;

beforeEach(async () => {
  exports = await openExportWork("2026-11-03T12:00:00Z", { runsAtOnce: 1 });
});
afterEach(() => exports.close());

const expectState = (job: number, state: string) =>
  vi.waitFor(async () => expect((await exports.findRun(job)).run.state).toBe(state), { timeout: 30_000, interval: 10 });

test("what is there when it starts is done, and each free place is filled at once", async () => {
  const jobs: number[] = [];
  for (let count = 0; count < 40; count += 1) jobs.push(await exports.createJob({ frequency }));
  const began = performance.now();
  const runner = createRunner(exports.parts);
  for (const job of jobs) await expectState(job, "SUCCESS");
  // A tick for each would take 39 seconds.
  expect(performance.now() - began).toBeLessThan(20_000);
  await runner.stop();
});

test("a tick comes by itself, once a second", async () => {
  const runner = createRunner(exports.parts);
  const job = await exports.createJob({ frequency });
  await expectState(job, "SUCCESS");
  await runner.stop();
});

test("a store that is away does not end it: it goes on when the store is back", async () => {
  let failures = 0;
  const listDueRuns: typeof exports.storage.listDueRuns = async (...query) => {
    if (failures < 2) {
      failures += 1;
      throw new StoreUnavailable("no connection");
    }
    return exports.storage.listDueRuns(...query);
  };
  const job = await exports.createJob({ frequency });
  const runner = createRunner({ ...exports.parts, storage: { ...exports.storage, listDueRuns } });
  await expectState(job, "SUCCESS");
  expect(failures).toBe(2);
  expect(exports.lines.filter((line) => line.includes("runs could not be looked for"))).toHaveLength(2);
  await runner.stop();
});

test("files that are over go by themselves", async () => {
  const job = await exports.createJob({ frequency });
  await createRunnerUntil(job);
  exports.clock.seconds += 7 * 86_400;
  const runner = createRunner(exports.parts);
  await vi.waitFor(async () => expect((await exports.findRun(job)).files).toStrictEqual([]), { timeout: 30_000 });
  await runner.stop();
});

async function createRunnerUntil(job: number): Promise<void> {
  const runner = createRunner(exports.parts);
  await expectState(job, "SUCCESS");
  await runner.stop();
}

test("stopped, it has ended what ran and given it back", async () => {
  const job = await exports.createJob({ frequency });
  const { engine } = holdEngine();
  const runner = createRunner({ ...exports.parts, engine });
  await expectState(job, "RUNNING");
  await runner.stop();
  expect((await exports.findRun(job)).run.state).toBe("RUNNABLE");
});

test("two runners on one database do each run once", async () => {
  const jobs: number[] = [];
  for (let count = 0; count < 20; count += 1) jobs.push(await exports.createJob({ frequency }));
  let attempts = 0;
  const engine = fakeEngine(async (task) => {
    attempts += 1;
    return writeParts(task, ["rows"]);
  });
  const runners = [1, 2].map(() => createRunner({ ...exports.parts, engine }));
  for (const job of jobs) await expectState(job, "SUCCESS");
  await Promise.all(runners.map((runner) => runner.stop()));
  expect(attempts).toBe(20);
});
