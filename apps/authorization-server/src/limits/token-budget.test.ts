import { expect, test } from "vitest";
import { createTokenBudget } from "./token-budget.ts";

test("50 a second: 200 at once, then 429 with what a client needs to know", () => {
  const clock = { seconds: 1000 };
  const budget = createTokenBudget(50, () => clock.seconds);
  for (let count = 0; count < 200; count += 1) expect(budget("a")).toBeUndefined();
  expect(budget("a")).toMatchObject({
    status: 429,
    error: "temporarily_unavailable",
    code: "RATE_LIMITED",
    reason: "limit tokens exceeded",
    headers: { "retry-after": "1", "ratelimit-policy": '"tokens";q=200;w=4', ratelimit: '"tokens";r=0;t=1' },
  });
  expect(budget("b")).toBeUndefined();
  clock.seconds += 0.02;
  expect([budget("a"), budget("a")?.status]).toEqual([undefined, 429]);
});

test("1 a second: a burst of four", () => {
  const budget = createTokenBudget(1, () => 1000);
  expect(Array.from({ length: 6 }, () => budget("a")?.status)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    429,
    429,
  ]);
});

test("0 is no limit", () => {
  const budget = createTokenBudget(0, () => 1000);
  for (let count = 0; count < 10_000; count += 1) expect(budget("a")).toBeUndefined();
});
