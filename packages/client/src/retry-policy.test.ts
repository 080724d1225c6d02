import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createRetryBudget, drawDelay, isIdempotent, isWorthRetrying, parseRetryAfter } from "./retry-policy.ts";

describe("what is sent again", () => {
  test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])("%s may be repeated", (method) => {
    expect(isIdempotent(method, new Headers())).toBe(true);
  });

  test("POST and PATCH may not, unless an Idempotency-Key makes them safe", () => {
    const keyed = new Headers({ "Idempotency-Key": "1" });
    expect(["POST", "PATCH"].map((method) => isIdempotent(method, new Headers()))).toEqual([false, false]);
    expect(["POST", "PATCH"].map((method) => isIdempotent(method, keyed))).toEqual([true, true]);
  });

  test("429 always, 502 to 504 where a repetition does no harm, nothing else", () => {
    const statuses = [200, 400, 401, 404, 408, 421, 429, 500, 501, 502, 503, 504, 505];
    expect(statuses.filter((status) => isWorthRetrying(status, true))).toEqual([429, 502, 503, 504]);
    expect(statuses.filter((status) => isWorthRetrying(status, false))).toEqual([429]);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  test.each([
    ["120", 120_000],
    ["0", 0],
    ["Tue, 24 Nov 2026 12:00:30 GMT", 30_000],
    ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["1e9", undefined],
    [null, undefined],
  ])("%j is %j milliseconds", (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  test("is waited for in full before any jitter; beyond a minute the call is not repeated", () => {
    expect(drawDelay(1, 0, 30_000)).toBe(30_000);
    expect(drawDelay(1, 0.5, 30_000)).toBe(30_125);
    expect(drawDelay(1, 0, 60_000)).toBe(60_000);
    expect(drawDelay(1, 0, 60_001)).toBe(undefined);
  });
});

test("full jitter: from nothing to a range that doubles, up to 8 seconds", () => {
  const ranges = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => drawDelay(attempt, 1));
  expect(ranges).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
  expect(drawDelay(6, 0)).toBe(0);
});

describe("R-53: the budget", () => {
  testProperty(
    "never lets more than ten repetitions and a tenth of the calls pass, in any order",
    500,
    fc.property(fc.array(fc.boolean(), { maxLength: 2000 }), (events) => {
      const budget = createRetryBudget();
      let calls = 0;
      let repetitions = 0;
      for (const isCall of events) {
        if (isCall) budget.noteCall();
        calls += isCall ? 1 : 0;
        if (!isCall && budget.take()) repetitions += 1;
        expect(repetitions).toBeLessThanOrEqual(10 + calls / 10);
      }
    }),
  );

  test("after it is used up, ten calls earn one repetition", () => {
    const budget = createRetryBudget();
    while (budget.take());
    for (let call = 0; call < 9; call += 1) budget.noteCall();
    expect(budget.take()).toBe(false);
    budget.noteCall();
    expect([budget.take(), budget.take()]).toEqual([true, false]);
  });
});
