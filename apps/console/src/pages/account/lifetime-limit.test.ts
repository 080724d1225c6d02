import { expect, test } from "vitest";
import { formatLimit, parseLimitDays } from "./lifetime-limit.ts";

test.each([
  ["1", 1],
  [" 365 ", 365],
  ["3650", 3650],
  ["3651", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  ["", undefined],
])("%j days are %s", (text, days) => {
  expect(parseLimitDays(text)).toBe(days);
});

test("a limit is told in words", () => {
  expect([null, 1, 90].map(formatLimit)).toEqual([
    "as long as whoever creates them wants",
    "at most 1 day",
    "at most 90 days",
  ]);
});
