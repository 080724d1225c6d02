import { expect, test } from "vitest";
import { chooseCutOff } from "./cut-off.ts";

/** As the field gives a moment of the reader's zone, whichever it is. */
const formatLocal = (ms: number): string => {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
};
const now = Date.parse("2026-11-25T23:23:48Z");

test("until now needs no time", () => {
  expect(chooseCutOff("now", "", now)).toEqual({});
});

test("a time of the last hour is that time, whether or not the field tells seconds", () => {
  expect(chooseCutOff("time", formatLocal(now), now)).toEqual({ before: "2026-11-25T23:23:48.000Z" });
  expect(chooseCutOff("time", formatLocal(now - 3_599_000), now)).toEqual({ before: "2026-11-25T22:23:49.000Z" });
  expect(chooseCutOff("time", formatLocal(now).slice(0, 16), now)).toEqual({ before: "2026-11-25T23:23:00.000Z" });
});

test.each([
  ["", "Enter the day and the time."],
  ["2026-11-25", "Enter the day and the time."],
  ["2026-13-45T99:99", "Enter the day and the time."],
  [formatLocal(now + 1000), "That is still to come. Choose “Until now”, or an earlier time."],
  [formatLocal(now - 3_600_000), "A token lives for an hour: all that were issued before that have ended already."],
])("%j cannot be chosen", (local, mistake) => {
  expect(chooseCutOff("time", local, now)).toEqual({ mistake });
});
