import { expect, test } from "vitest";
import { createDayBars, createHourBars, createUtcDayBars, describeUsage, sumUsage } from "./usage-bars.ts";

const bucket = (at: string, tokens: number, refusals = 0) => ({ at, tokens, refusals });

test("the two hours of a night in autumn have names of their own", () => {
  const usage = [bucket("2026-10-25T00:00:00Z", 1), bucket("2026-10-25T01:00:00Z", 2, 1)];
  expect(createHourBars(usage, "Europe/Paris")).toEqual([
    { label: "Sun 25 Oct, 02:00 CEST", values: [1, 0] },
    { label: "Sun 25 Oct, 02:00 CET", values: [2, 1] },
  ]);
});

test("hours are summed up to the days of the reader's zone", () => {
  const usage = [
    bucket("2026-11-25T22:00:00Z", 1),
    bucket("2026-11-25T23:00:00Z", 2),
    bucket("2026-11-26T12:00:00Z", 4, 1),
  ];
  expect(createDayBars(usage, "Europe/Paris")).toEqual([
    { label: "Wed 25 Nov", values: [1, 0] },
    { label: "Thu 26 Nov", values: [6, 1] },
  ]);
});

test("days of the service keep their name wherever they are read", () => {
  expect(createUtcDayBars([bucket("2026-11-25T00:00:00Z", 3)])).toEqual([{ label: "Wed 25 Nov", values: [3, 0] }]);
});

test("the message of a chart in a sentence", () => {
  expect(describeUsage(sumUsage([bucket("", 1203), bucket("", 1, 1)]), 7)).toBe(
    "1,204 tokens and 1 refusal in the last 7 days",
  );
  expect(describeUsage(sumUsage([]), 30)).toBe("0 tokens and 0 refusals in the last 30 days");
});
