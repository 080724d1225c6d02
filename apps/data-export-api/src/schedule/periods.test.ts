import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { findPeriodEnd, findPeriodStart, isTimeZone, planFirstRun, planNextRun, type Schedule } from "./periods.ts";

const hour = 3_600_000;

const zones = [
  "UTC",
  "Europe/Paris",
  "America/New_York",
  // Summer time of half an hour.
  "Australia/Lord_Howe",
  // No midnight on the day on which summer time begins.
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
];

/** What the clocks of a zone show, read without our code. */
const createClock = (timeZone: string) =>
  new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" });

/** All periods that begin in the local year. */
function listPeriods(schedule: Schedule, year: number): readonly (readonly [number, number])[] {
  const clock = createClock(schedule.timeZone);
  const periods: (readonly [number, number])[] = [];
  let from = findPeriodStart(Date.UTC(year, 0, 1) - 24 * hour, schedule);
  while (from < Date.UTC(year + 1, 0, 2)) {
    const to = findPeriodEnd(from, schedule);
    if (clock.format(from).startsWith(`${year}`)) periods.push([from, to]);
    from = to;
  }
  return periods;
}

const countLengths = (periods: readonly (readonly [number, number])[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const [from, to] of periods) counts[(to - from) / hour] = (counts[(to - from) / hour] ?? 0) + 1;
  return counts;
};

describe("days of 2026, by their hours", () => {
  const withSummerTime = { 23: 1, 24: 363, 25: 1 };
  test.each([
    ["UTC", { 24: 365 }],
    ["Europe/Paris", withSummerTime],
    ["America/New_York", withSummerTime],
    ["Australia/Lord_Howe", { 23.5: 1, 24: 363, 24.5: 1 }],
    ["America/Santiago", withSummerTime],
    ["Africa/Cairo", withSummerTime],
    ["Asia/Beirut", withSummerTime],
    ["Asia/Kathmandu", { 24: 365 }],
  ])("%s", (timeZone, lengths) => {
    expect(countLengths(listPeriods({ frequency: "daily", timeZone }, 2026))).toStrictEqual(lengths);
  });
});

describe("hours of 2026, by their length", () => {
  test.each([
    ["UTC", { 1: 8760 }],
    ["Europe/Paris", { 1: 8760 }],
    ["America/New_York", { 1: 8760 }],
    ["Australia/Lord_Howe", { 1: 8757, 1.5: 2 }],
    ["America/Santiago", { 1: 8760 }],
    ["Africa/Cairo", { 1: 8760 }],
    ["Asia/Beirut", { 1: 8760 }],
    ["Asia/Kathmandu", { 1: 8760 }],
  ])("%s", (timeZone, lengths) => {
    expect(countLengths(listPeriods({ frequency: "hourly", timeZone }, 2026))).toStrictEqual(lengths);
  });
});

describe("every period of a year begins where a clock of the zone shows it", () => {
  test.each(zones)("%s", (timeZone) => {
    const clock = createClock(timeZone);
    for (const [from] of listPeriods({ frequency: "hourly", timeZone }, 2026)) {
      expect(clock.format(from).slice(14)).toBe("00:00");
    }
    for (const [from] of listPeriods({ frequency: "daily", timeZone }, 2026)) {
      expect(clock.format(from - 1).slice(0, 10) < clock.format(from).slice(0, 10)).toBe(true);
    }
  });
});

test.each([
  ["Europe/Paris", "2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
  ["Europe/Paris", "2026-10-25", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
  ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"],
  ["America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z", "2026-09-07T03:00:00.000Z"],
  ["Asia/Kathmandu", "2026-11-03", "2026-11-02T18:15:00.000Z", "2026-11-03T18:15:00.000Z"],
  ["Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00.000Z", "2026-04-05T13:30:00.000Z"],
  // Samoa went over the date line and had no 30 December 2011.
  ["Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z"],
])("daily in %s: %s is from %s to %s", (timeZone, _date, from, to) => {
  const schedule: Schedule = { frequency: "daily", timeZone };
  expect(new Date(findPeriodEnd(Date.parse(from), schedule)).toISOString()).toBe(to);
  expect(new Date(findPeriodStart(Date.parse(to) - 1, schedule)).toISOString()).toBe(from);
});

const everyZone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"), ...zones);
const someSchedule = fc.record({ frequency: fc.constantFrom("daily", "hourly"), timeZone: everyZone });
const someMoment = fc.integer({ min: 0, max: Date.UTC(2999, 11, 31) });
/** Zones have moved their clocks oddly in the past, and no longer in the far future. */
const oddMoment = fc.integer({ min: 0, max: Date.UTC(2040, 0, 1) });

testProperty(
  "a moment is in exactly one period, whichever moment of it is asked, in every zone",
  4_000,
  fc.property(someSchedule, fc.oneof(someMoment, oddMoment), fc.double({ min: 0, max: 1, noNaN: true }), (...asked) => {
    const [schedule, at, part] = asked;
    const from = findPeriodStart(at, schedule);
    const to = findPeriodEnd(from, schedule);
    expect(from).toBeLessThanOrEqual(at);
    expect(to).toBeGreaterThan(at);
    const within = from + Math.floor((to - from - 1) * part);
    for (const moment of [from, within, to - 1]) {
      expect(findPeriodStart(moment, schedule)).toBe(from);
      expect(findPeriodEnd(moment, schedule)).toBe(to);
    }
    expect(findPeriodStart(to, schedule)).toBe(to);
  }),
);

describe("the first run", () => {
  const timing = { timeZone: "Europe/Paris", nowSeconds: Date.parse("2026-11-03T08:30:15Z") / 1000, delaySeconds: 600 };
  const plan = (value: "daily" | "hourly") => planFirstRun({ frequency: { value } }, timing);
  const planOnce = (from: string, to: string) => {
    const dateRange = { from: Date.parse(from), to: Date.parse(to) };
    return planFirstRun({ frequency: { value: "once", dateRange } }, timing);
  };

  test("daily: the day of now, due when it is over and its delay, too", () => {
    const period = { from: Date.parse("2026-11-02T23:00:00Z"), to: Date.parse("2026-11-03T23:00:00Z") };
    expect(plan("daily")).toStrictEqual({ period, dueAt: Date.parse("2026-11-03T23:10:00Z") / 1000 });
  });

  test("hourly: the hour of now", () => {
    const period = { from: Date.parse("2026-11-03T08:00:00Z"), to: Date.parse("2026-11-03T09:00:00Z") };
    expect(plan("hourly")).toStrictEqual({ period, dueAt: Date.parse("2026-11-03T09:10:00Z") / 1000 });
  });

  test("once: its range, due at once where it is over", () => {
    const planned = planOnce("2026-11-01", "2026-11-02T00:00:00.001Z");
    expect(planned.period).toStrictEqual({ from: Date.parse("2026-11-01"), to: Date.parse("2026-11-02") + 1 });
    expect(planned.dueAt).toBe(timing.nowSeconds);
  });

  test("once: due after its end, rounded up to a second, and the delay, where that is still to come", () => {
    const end = Date.parse("2026-11-03T09:00:01Z") / 1000;
    expect(planOnce("2026-11-01", "2026-11-03T09:00:00.001Z").dueAt).toBe(end + 600);
    expect(planOnce("2026-11-01", "2026-11-03T08:30:00Z").dueAt).toBe(timing.nowSeconds + 585);
  });
});

describe("the next run", () => {
  const daily: Schedule = { frequency: "daily", timeZone: "UTC" };
  const at = (text: string): number => Date.parse(text);
  const timing = (now: string) => ({ nowSeconds: at(now) / 1000, delaySeconds: 600, catchUpSeconds: 7 * 86_400 });

  test("begins where the one before ended", () => {
    expect(planNextRun(at("2026-11-03"), daily, timing("2026-11-03T00:10:00Z"))).toStrictEqual({
      period: { from: at("2026-11-03"), to: at("2026-11-04") },
      dueAt: at("2026-11-04T00:10:00Z") / 1000,
    });
  });

  test("after a missed night: the night", () => {
    const { period } = planNextRun(at("2026-11-03"), daily, timing("2026-11-05T09:00:00Z"));
    expect(period).toStrictEqual({ from: at("2026-11-03"), to: at("2026-11-04") });
  });

  test("that came due exactly as long ago as is caught up is not skipped, a millisecond longer ago it is", () => {
    const now = timing("2026-11-11T00:10:00Z");
    expect(planNextRun(at("2026-11-03"), daily, now).period.from).toBe(at("2026-11-03"));
    const later = { ...now, nowSeconds: now.nowSeconds + 0.001 };
    expect(planNextRun(at("2026-11-03"), daily, later).period.from).toBe(at("2026-11-04"));
  });

  test("after a month: the oldest whole period that is still caught up", () => {
    const { period } = planNextRun(at("2026-11-03"), daily, timing("2026-12-05T09:00:00Z"));
    expect(period).toStrictEqual({ from: at("2026-11-28"), to: at("2026-11-29") });
  });

  test("with nothing to catch up: the first that has not come due yet", () => {
    const nothing = { ...timing("2026-12-05T00:05:00Z"), catchUpSeconds: 0 };
    expect(planNextRun(at("2026-11-03"), daily, nothing).period.from).toBe(at("2026-12-04"));
    expect(planNextRun(at("2026-12-04"), daily, nothing).period.from).toBe(at("2026-12-04"));
  });

  test("after the time zone was changed: up to the new zone's next boundary, then its whole periods", () => {
    const paris: Schedule = { ...daily, timeZone: "Europe/Paris" };
    const first = planNextRun(at("2026-11-03"), paris, timing("2026-11-03T00:10:00Z"));
    expect(first.period).toStrictEqual({ from: at("2026-11-03"), to: at("2026-11-03T23:00:00Z") });
    const second = planNextRun(first.period.to, paris, timing("2026-11-03T23:10:00Z"));
    expect(second.period).toStrictEqual({ from: at("2026-11-03T23:00:00Z"), to: at("2026-11-04T23:00:00Z") });
  });
});

testProperty(
  "the next run begins where the one before ended, or not later than the oldest that is caught up, and never overlaps it",
  2_000,
  fc.property(
    someSchedule,
    someMoment,
    fc.record({
      lateSeconds: fc.integer({ min: -86_400, max: 400 * 86_400 }),
      delaySeconds: fc.integer({ min: 0, max: 2 * 86_400 }),
      catchUpSeconds: fc.integer({ min: 0, max: 30 * 86_400 }),
    }),
    (schedule, previousEnd, { lateSeconds, delaySeconds, catchUpSeconds }) => {
      const nowSeconds = previousEnd / 1000 + lateSeconds;
      const { period, dueAt } = planNextRun(previousEnd, schedule, { nowSeconds, delaySeconds, catchUpSeconds });
      expect(period.from).toBeGreaterThanOrEqual(previousEnd);
      expect(period.to).toBe(findPeriodEnd(period.from, schedule));
      expect(dueAt).toBe(Math.ceil(period.to / 1000) + delaySeconds);
      expect(dueAt).toBeGreaterThanOrEqual(Math.floor(nowSeconds - catchUpSeconds));
      if (period.from === previousEnd) return;
      // The last skipped one came due before what is caught up.
      expect(period.from / 1000 + delaySeconds).toBeLessThan(nowSeconds - catchUpSeconds);
    },
  ),
);

test.each(["UTC", "Europe/Paris", "Asia/Kathmandu", "Etc/GMT+5", "US/Pacific"])("%s is a time zone", (name) => {
  expect(isTimeZone(name)).toBe(true);
});

test.each(["", "+02:00", "Z", "Europe", "Europe/Atlantis", "2026-11-03T00:00[Europe/Paris]", " UTC"])(
  "%j is no time zone",
  (name) => {
    expect(isTimeZone(name)).toBe(false);
  },
);
