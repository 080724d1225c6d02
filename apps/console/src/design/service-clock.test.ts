import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { heedServiceDate, readServiceNowMs } from "./service-clock.ts";

const nowMs = Date.UTC(2027, 0, 15, 8);

beforeEach(() => {
  vi.useFakeTimers({ now: nowMs });
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ["Fri, 15 Jan 2027 08:00:00 GMT", 0],
  ["Fri, 15 Jan 2027 07:59:56 GMT", 0],
  ["Sun, 17 Jan 2027 08:00:00 GMT", 2 * 86_400_000],
  ["Fri, 15 Jan 2027 07:59:00 GMT", -60_000],
])("an answer of %s puts the clock %i ms ahead", (date, aheadMs) => {
  heedServiceDate(date);
  expect(readServiceNowMs()).toBe(nowMs + aheadMs);
  vi.advanceTimersByTime(1000);
  expect(readServiceNowMs()).toBe(nowMs + aheadMs + 1000);
});

test("an answer without a date changes nothing", () => {
  heedServiceDate("Sun, 17 Jan 2027 08:00:00 GMT");
  for (const date of [null, "", "tomorrow"]) heedServiceDate(date);
  expect(readServiceNowMs()).toBe(nowMs + 2 * 86_400_000);
});
