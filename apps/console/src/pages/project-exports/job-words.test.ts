import { expect, test } from "vitest";
import { describeContent, describeFrequency, findLastRun, isJobLive, isRunLive, nameRunState } from "./job-words.ts";

test.each([
  [{ value: "daily" }, "Europe/Paris", "Every day, in Europe/Paris"],
  [{ value: "hourly" }, "America/New_York", "Every hour, in America/New York"],
  [
    { value: "once", dateRange: { from: "2026-11-01T00:00:00Z", to: "2026-11-04T00:00:00Z" } },
    "UTC",
    "Once, of 1 Nov 2026 to 3 Nov 2026",
  ],
] as const)("the frequency %o in %s: %s", (frequency, timeZone, text) => {
  expect(describeFrequency(frequency, timeZone)).toBe(text);
});

test("what a job exports, in a line", () => {
  const one = { fieldName: "session_id" };
  expect(describeContent({ scope: "sessions", format: "JSONL", fields: [one] })).toBe("Sessions as JSONL, 1 field");
  expect(describeContent({ scope: "views", format: "CSV", fields: [one, one] })).toBe("Page views as CSV, 2 fields");
});

test.each([
  ["CREATED", 0, "waiting"],
  ["RUNNABLE", 0, "due"],
  ["RUNNABLE", 2, "to be tried again"],
  ["RUNNING", 1, "running"],
  ["SUCCESS", 1, "succeeded"],
  ["FAILURE", 4, "failed"],
] as const)("a run that is %s after %d attempts is %s", (state, attempts, word) => {
  expect(nameRunState({ state, attempts })).toBe(word);
});

test("the last run is the newest that has begun, else one that is due, and none that waits", () => {
  const waiting = { state: "CREATED", attempts: 0 } as const;
  const due = { state: "RUNNABLE", attempts: 0 } as const;
  const failed = { state: "FAILURE", attempts: 3 } as const;
  expect(findLastRun([waiting, due, failed, { state: "SUCCESS", attempts: 1 }])).toBe(failed);
  expect(findLastRun([waiting, due])).toBe(due);
  expect(findLastRun([waiting])).toBeUndefined();
});

const nowMs = Date.UTC(2026, 10, 3, 12);

test.each([
  ["CREATED", "2026-11-03T12:00:20Z", true],
  ["CREATED", "2026-11-04T00:00:00Z", false],
  ["RUNNABLE", "2026-11-03T13:00:00Z", true],
  ["RUNNING", "2026-11-03T11:00:00Z", true],
  ["SUCCESS", "2026-11-03T11:00:00Z", false],
  ["FAILURE", "2026-11-03T11:00:00Z", false],
] as const)("a run that is %s, of %s: live is %s", (state, startDate, isLive) => {
  expect(isRunLive({ state, startDate }, nowMs)).toBe(isLive);
});

test.each([
  ["ACTIVE", "2026-11-03T00:00:00Z", true],
  ["COMPUTING", "2026-11-03T00:00:00Z", true],
  ["ACTIVE", "2026-11-04T00:00:00Z", false],
  ["SUSPENDED", "2026-11-03T00:00:00Z", false],
  ["COMPLETED", "2026-11-03T00:00:00Z", false],
] as const)("a job that runs once, is %s and ends with %s: live is %s", (state, to, isLive) => {
  const frequency = { value: "once", dateRange: { from: "2026-11-01T00:00:00Z", to } } as const;
  expect(isJobLive({ state, frequency }, nowMs)).toBe(isLive);
});

test("a daily job does not change by itself", () => {
  expect(isJobLive({ state: "ACTIVE", frequency: { value: "daily" } }, nowMs)).toBe(false);
});
