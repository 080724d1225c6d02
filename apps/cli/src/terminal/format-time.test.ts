import { expect, test } from "vitest";
import { formatDuration, formatRelative } from "./format-time.ts";

test.each([
  [0, "0 seconds"],
  [1, "1 second"],
  [59.9, "59 seconds"],
  [60, "1 minute"],
  [3_599, "59 minutes"],
  [3_600, "1 hour"],
  [86_400, "1 day"],
  [30 * 86_400, "30 days"],
])("%d s is %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, "now"],
  [400, "now"],
  [3 * 86_400_000, "in 3 days"],
  [-12 * 86_400_000, "12 days ago"],
])("%d ms from now is %s", (milliseconds, text) => {
  expect(formatRelative(1_000_000 + milliseconds, 1_000_000)).toBe(text);
});
