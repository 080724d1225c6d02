import { expect, test } from "vitest";
import { formatDay, formatExact, formatIso, formatRelative } from "./time-format.ts";

const now = Date.parse("2026-11-25T12:00:00Z");

test.each([
  ["2026-11-25T12:00:00Z", "just now"],
  ["2026-11-25T11:59:31Z", "just now"],
  ["2026-11-25T12:00:29Z", "now"],
  ["2026-11-25T12:00:59Z", "in 1 minute"],
  ["2026-11-25T11:59:00Z", "1 minute ago"],
  ["2026-11-25T11:01:00Z", "59 minutes ago"],
  ["2026-11-25T11:00:29Z", "1 hour ago"],
  ["2026-11-25T09:00:01Z", "3 hours ago"],
  ["2026-11-24T12:00:00Z", "yesterday"],
  ["2026-11-26T12:00:00Z", "tomorrow"],
  ["2026-12-02T12:00:00Z", "in 7 days"],
  ["2026-12-02T11:59:58Z", "in 7 days"],
  ["2026-12-25T11:00:00Z", "next month"],
  ["2025-11-25T12:00:00Z", "last year"],
  ["2028-11-25T12:00:00Z", "in 2 years"],
])("%s is %s", (instant, text) => {
  expect(formatRelative(instant, now)).toBe(text);
});

test("the exact time is the reader's, with its zone", () => {
  expect(formatExact("2026-11-25T23:43:20Z", "Europe/Paris")).toBe("26 Nov 2026, 00:43:20 CET");
  expect(formatDay("2026-11-25T23:43:20Z", "Europe/Paris")).toBe("26 Nov 2026");
});

test("the ISO form is that of the logs", () => {
  expect(formatIso("2026-11-26T00:43:20.123+01:00")).toBe("2026-11-25T23:43:20Z");
});
