import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ExportWork, fakeEngine, finishAll, openExportWork, projectId } from "../../../../test/export-work.ts";
import type { Run } from "../runs/run.ts";
import type { Work } from "./work.ts";

const hour = 3600;
const day = 86_400;

/** A year of runs synchronises its database tens of thousands of times; what a crash leaves is not asked here. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let exports: ExportWork;
let work: Work;
/** The periods of which rows were written, by the order in which they were. */
let written: string[];

beforeEach(async () => {
  exports = await openExportWork("2026-01-01T11:30:00Z", { runsAtOnce: 4 }, memory);
  await exports.storage.setTimeZone(projectId, "Europe/Paris");
  written = [];
  work = openCounted();
});

afterEach(() => exports.close());

/** Without a disk: a year has many files. */
function openCounted(): Work {
  const engine = fakeEngine(async ({ selection }) => {
    written.push(formatPeriod(selection.period));
    return { rowCount: 1, parts: [{ name: "data_0", byteCount: 1, sha256: "00" }] };
  });
  const nothing = async (): Promise<void> => {};
  const fileStore = { ...exports.parts.fileStore, openWork: async () => "/work", keep: nothing, closeWork: nothing };
  return exports.openWork({ engine, fileStore });
}

const formatPeriod = ({ from, to }: Run["period"]): string =>
  `${new Date(from).toISOString().slice(0, 16)} ${new Date(to).toISOString().slice(0, 16)}`;

const formatPeriods = (runs: readonly Run[]): readonly string[] => runs.map((run) => formatPeriod(run.period));

const advance = (seconds: number): void => {
  exports.clock.seconds += seconds;
};

/** All that is due now. */
const catchUp = (): Promise<void> =>
  finishAll(work, async () => {
    const runnable = { jobId: undefined, state: "RUNNABLE", order: "ASC", page: 1, limit: 1, upTo: undefined } as const;
    if ((await exports.storage.listRuns(projectId, runnable)).length > 0) return false;
    return (await exports.storage.listDueRuns(exports.clock.seconds, 1)).length === 0;
  });

const isContiguous = (runs: readonly Run[]): boolean =>
  runs.every((run, index) => index === 0 || run.period.from === runs[index - 1]?.period.to);

test("a year of days and of hours in Paris, by two workers: every period exactly once, each when its time has come", async () => {
  const daily = await exports.createJob();
  const hourly = await exports.createJob({ frequency: { value: "hourly" } });
  const other = openCounted();
  for (let hours = 0; hours < 365 * 24; hours += 1) {
    advance(hour);
    await Promise.all([work.tick(), other.tick()]);
    await Promise.all([work.settle(), other.settle()]);
  }
  const days = await exports.listRuns(daily);
  const hours = await exports.listRuns(hourly);
  // The last one of each waits.
  expect([days.length, hours.length]).toStrictEqual([366, 365 * 24 + 1]);
  for (const runs of [days, hours]) {
    expect(isContiguous(runs)).toBe(true);
    const done = runs.slice(0, -1);
    expect(new Set(done.map((run) => `${run.state} ${run.attempts}`))).toStrictEqual(new Set(["SUCCESS 1"]));
    expect(runs.at(-1)).toMatchObject({ state: "CREATED", attempts: 0 });
    // A tick comes every hour, at half past: nothing begins early, and nothing is left for long.
    const delays = new Set(done.map((run) => (run.startedAt ?? 0) - run.period.to / 1000));
    expect(delays).toStrictEqual(new Set([1800]));
  }
  const periods = [...formatPeriods(days.slice(0, -1)), ...formatPeriods(hours.slice(0, -1))];
  expect(written.toSorted()).toStrictEqual(periods.toSorted());
  expect(formatPeriods(days)).toContain("2026-03-28T23:00 2026-03-29T22:00");
  expect(formatPeriods(days)).toContain("2026-10-24T22:00 2026-10-25T23:00");
}, 600_000);

test("a missed night is caught up, the oldest hour first", async () => {
  const job = await exports.createJob({ frequency: { value: "hourly" } });
  advance(14 * hour);
  await catchUp();
  const runs = await exports.listRuns(job);
  expect(runs).toHaveLength(15);
  expect(isContiguous(runs)).toBe(true);
  expect(written).toStrictEqual(formatPeriods(runs.slice(0, 14)));
  expect(runs.at(-1)).toMatchObject({ state: "CREATED", period: { from: Date.parse("2026-01-02T01:00Z") } });
});

test("after a standstill of a month the run that waited is done, and of the rest the last seven days", async () => {
  const job = await exports.createJob();
  advance(31 * day);
  await catchUp();
  expect(formatPeriods(await exports.listRuns(job))).toStrictEqual([
    "2025-12-31T23:00 2026-01-01T23:00",
    "2026-01-24T23:00 2026-01-25T23:00",
    "2026-01-25T23:00 2026-01-26T23:00",
    "2026-01-26T23:00 2026-01-27T23:00",
    "2026-01-27T23:00 2026-01-28T23:00",
    "2026-01-28T23:00 2026-01-29T23:00",
    "2026-01-29T23:00 2026-01-30T23:00",
    "2026-01-30T23:00 2026-01-31T23:00",
    "2026-01-31T23:00 2026-02-01T23:00",
  ]);
  expect(written).toHaveLength(8);
});

test("a long standstill of many hours takes more than one tick, and no tick is endless", async () => {
  await exports.createJob({ frequency: { value: "hourly" } });
  advance(7 * day);
  const waiting = async () => (await exports.storage.listDueRuns(exports.clock.seconds, 1)).length;
  await work.tick();
  await work.settle();
  expect(await waiting()).toBe(1);
  await catchUp();
  expect(written).toHaveLength(7 * 24);
});

test("a clock that is put back does nothing twice, and goes on where it was", async () => {
  const job = await exports.createJob({ frequency: { value: "hourly" } });
  advance(3 * hour);
  await catchUp();
  advance(-2 * hour);
  await catchUp();
  expect(written).toHaveLength(3);
  advance(3 * hour);
  await catchUp();
  const runs = await exports.listRuns(job);
  expect(isContiguous(runs)).toBe(true);
  expect(written).toStrictEqual(formatPeriods(runs.slice(0, 4)));
});

test("after a change of the time zone no moment is exported twice, and none is left out", async () => {
  const job = await exports.createJob();
  await exports.storage.setTimeZone(projectId, "America/New_York");
  advance(3 * day);
  await catchUp();
  expect(formatPeriods(await exports.listRuns(job))).toStrictEqual([
    "2025-12-31T23:00 2026-01-01T23:00",
    "2026-01-01T23:00 2026-01-02T05:00",
    "2026-01-02T05:00 2026-01-03T05:00",
    "2026-01-03T05:00 2026-01-04T05:00",
    "2026-01-04T05:00 2026-01-05T05:00",
  ]);
});

describe("once", () => {
  const range = { from: Date.parse("2025-12-30"), to: Date.parse("2026-01-01T12:00Z") };

  test("waits for the end of its range and the delay, is done, and nothing comes after it", async () => {
    const job = await exports.createJob({ frequency: { value: "once", dateRange: range } });
    advance(0.5 * hour + 599);
    await catchUp();
    expect(written).toStrictEqual([]);
    expect(await exports.storage.findJob(projectId, job)).toMatchObject({ state: "ACTIVE" });
    advance(1);
    await catchUp();
    expect(written).toStrictEqual(["2025-12-30T00:00 2026-01-01T12:00"]);
    expect(await exports.listRuns(job)).toHaveLength(1);
    expect(await exports.storage.findJob(projectId, job)).toMatchObject({ state: "COMPLETED" });
  });
});

test("nothing of a suspended job begins", async () => {
  const job = await exports.createJob();
  await exports.storage.suspendJob(projectId, job);
  advance(2 * day);
  await catchUp();
  expect(written).toStrictEqual([]);
});
