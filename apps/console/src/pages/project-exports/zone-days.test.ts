import { expect, test } from "vitest";
import { addDays, findDayEnd, findDayStart, formatDay, formatPeriod } from "./zone-days.ts";

const iso = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString());

test.each([
  ["2026-11-03", "UTC", "2026-11-03T00:00:00.000Z"],
  ["2026-11-03", "Europe/Paris", "2026-11-02T23:00:00.000Z"],
  ["2026-07-03", "Europe/Paris", "2026-07-02T22:00:00.000Z"],
  ["2026-11-03", "America/Los_Angeles", "2026-11-03T08:00:00.000Z"],
  ["2026-11-03", "Asia/Kathmandu", "2026-11-02T18:15:00.000Z"],
  ["2026-11-03", "Pacific/Kiritimati", "2026-11-02T10:00:00.000Z"],
  ["2026-11-03", "Pacific/Pago_Pago", "2026-11-03T11:00:00.000Z"],
])("%s in %s begins at %s", (day, zone, start) => {
  expect(iso(findDayStart(day, zone))).toBe(start);
});

test("a day without a midnight begins when the clocks have gone on", () => {
  // In Cairo they went from 00:00 to 01:00 on the last Friday of April 2026.
  expect(iso(findDayStart("2026-04-24", "Africa/Cairo"))).toBe("2026-04-23T22:00:00.000Z");
});

test("a day of 23 and one of 25 hours", () => {
  const length = (day: string) => (findDayEnd(day, "Europe/Paris") ?? 0) - (findDayStart(day, "Europe/Paris") ?? 0);
  expect(length("2026-03-29") / 3_600_000).toBe(23);
  expect(length("2026-10-25") / 3_600_000).toBe(25);
});

test.each(["", "2026-02-30", "2026-13-01", "26-11-03", "tomorrow"])("%j is no day", (day) => {
  expect(findDayStart(day, "UTC")).toBeUndefined();
});

test("days of the calendar", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
  expect(addDays("", 6)).toBe("");
  expect(formatDay(Date.UTC(2026, 10, 2, 23, 30), "Europe/Paris")).toBe("2026-11-03");
});

test.each([
  ["2026-11-02T23:00:00Z", "2026-11-03T23:00:00Z", "3 Nov 2026"],
  ["2026-11-02T23:00:00Z", "2026-11-09T23:00:00Z", "3 Nov 2026 to 9 Nov 2026"],
  ["2026-11-03T07:00:00Z", "2026-11-03T08:00:00Z", "3 Nov 2026, 08:00 to 09:00"],
  ["2026-11-03T22:00:00Z", "2026-11-03T23:00:00Z", "3 Nov 2026, 23:00 to 00:00"],
  ["2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", "3 Nov 2026, 01:00 to 4 Nov 2026, 01:00"],
])("%s to %s in Paris is %s", (from, to, text) => {
  expect(formatPeriod({ from, to }, "Europe/Paris")).toBe(text);
});
