import { expect, test } from "vitest";
import {
  createDayBars,
  createHourBars,
  createUtcDayBars,
  describeGaps,
  describeUsage,
  sumUsage,
} from "./usage-bars.ts";

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

test("gaps are one sentence, of the latest", () => {
  const gap = (from: string, to: string) => ({ from: `2026-11-25T${from}Z`, to: `2026-11-25T${to}Z` });
  const latest = gap("22:00:07", "22:00:09");
  const cause = "a node of the service ended before it wrote them, or had too many.";
  const time = "Counts may be missing from 25 Nov 2026, 22:00:07 to 25 Nov 2026, 22:00:09 UTC";
  expect(describeGaps([])).toBeUndefined();
  expect(describeGaps([latest])).toBe(`${time}: ${cause}`);
  const first = gap("20:00:00", "20:00:01");
  expect(describeGaps([first, latest])).toBe(`${time}, and in 1 earlier time: ${cause}`);
  expect(describeGaps([first, first, latest])).toBe(`${time}, and in 2 earlier times: ${cause}`);
});
