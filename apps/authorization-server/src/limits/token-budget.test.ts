import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { SharedCounts } from "./shared-counts.ts";
import { createTokenBudget, type TokenBudgetParts } from "./token-budget.ts";

const a = { clientId: "a", accountId: 1 };
const b = { clientId: "b", accountId: 1 };
const foreign = { clientId: "c", accountId: 2 };

function createClocked(parts: Partial<TokenBudgetParts>, clock = { seconds: 1000 }) {
  const monotonicSeconds = (): number => clock.seconds;
  const budget = createTokenBudget({ tokensPerSecond: 0, accountTokensPerSecond: 0, monotonicSeconds, ...parts });
  const spendMany = (spender: typeof a, count: number): number =>
    Array.from({ length: count }, () => budget.spend(spender)).filter((outcome) => !isRefusal(outcome)).length;
  return { ...budget, clock, spendMany };
}

describe("R-51: the budget of a credential", () => {
  test("50 a second: 200 at once, then 429 with what a client needs to know", () => {
    const { spend, spendMany, clock } = createClocked({ tokensPerSecond: 50 });
    expect(spendMany(a, 200)).toBe(200);
    expect(spend(a)).toMatchObject({
      status: 429,
      error: "temporarily_unavailable",
      code: "RATE_LIMITED",
      reason: "limit tokens exceeded",
      headers: { "retry-after": "1", "ratelimit-policy": '"tokens";q=200;w=4', ratelimit: '"tokens";r=0;t=1' },
    });
    expect(spendMany(b, 1)).toBe(1);
    clock.seconds += 0.02;
    expect(spendMany(a, 2)).toBe(1);
  });

  test("1 a second: a burst of four", () => {
    expect(createClocked({ tokensPerSecond: 1 }).spendMany(a, 6)).toBe(4);
  });

  test("0 is no limit, and nothing is said of one", () => {
    const { spend, spendMany } = createClocked({});
    expect(spendMany(a, 10_000)).toBe(10_000);
    expect(spend(a)).toEqual({});
  });

  test("each answer tells what is left, and in how many seconds there is all of it", () => {
    const { spend, spendMany, clock } = createClocked({ tokensPerSecond: 50 });
    expect(spend(a)).toEqual({ "ratelimit-policy": '"tokens";q=200;w=4', ratelimit: '"tokens";r=199;t=1' });
    spendMany(a, 149);
    expect(spend(a)).toMatchObject({ ratelimit: '"tokens";r=49;t=4' });
    clock.seconds += 1;
    expect(spend(a)).toMatchObject({ ratelimit: '"tokens";r=98;t=3' });
    clock.seconds += 100;
    expect(spend(a)).toMatchObject({ ratelimit: '"tokens";r=199;t=1' });
  });
});

describe("R-51: the budget of an account", () => {
  test("is for all of its credentials together, and named when it is the tighter one", () => {
    const { spend, spendMany } = createClocked({ tokensPerSecond: 5, accountTokensPerSecond: 8 });
    expect(spend(a)).toMatchObject({ ratelimit: '"tokens";r=19;t=1' });
    expect(spendMany(a, 19)).toBe(19);
    expect(spend(b)).toMatchObject({
      "ratelimit-policy": '"account-tokens";q=32;w=4',
      ratelimit: '"account-tokens";r=11;t=3',
    });
    expect(spendMany(b, 19)).toBe(11);
    expect(spend(b)).toMatchObject({ reason: "limit account-tokens exceeded", headers: { "retry-after": "1" } });
    expect(spendMany(foreign, 30)).toBe(20);
  });

  test("what it refuses costs the credential nothing", () => {
    const { spendMany, spend, clock } = createClocked({ tokensPerSecond: 1, accountTokensPerSecond: 1 });
    expect([spendMany(a, 2), spendMany(b, 10)]).toEqual([2, 2]);
    clock.seconds += 2;
    // Two came back to the account; the credential has four again.
    expect(spend(b)).toMatchObject({ ratelimit: '"account-tokens";r=1;t=3' });
    expect([spendMany(b, 3), spendMany(a, 3)]).toEqual([1, 0]);
  });
});

describe("R-51: a budget that nodes share", () => {
  const createNodes = (count: number) => {
    const totals = new Map<string, number>();
    const asked: string[] = [];
    const store = { isAway: false };
    const clock = { seconds: 1000 };
    const sharedCounts: SharedCounts = {
      add: async (key, points) => {
        asked.push(key);
        if (store.isAway) return undefined;
        totals.set(key, (totals.get(key) ?? 0) + points);
        return { total: totals.get(key) ?? 0, resetSeconds: 30 };
      },
    };
    const nodes = Array.from({ length: count }, () => createClocked({ tokensPerSecond: 50, sharedCounts }, clock));
    /** Each node is asked for so many a second, for so many seconds. @returns tokens a second of all nodes. */
    const run = async (perSecond: number, seconds: number): Promise<number> => {
      let tokens = 0;
      for (let second = 0; second < seconds; second += 1) {
        for (let step = 0; step < 10; step += 1) {
          for (const { spendMany } of nodes) tokens += spendMany(a, perSecond / 10);
          clock.seconds += 0.1;
        }
        for (const { share } of nodes) await share();
      }
      return tokens / seconds;
    };
    return { nodes, totals, asked, store, clock, run };
  };

  test("three nodes give out what one would, after the burst, within a tenth", async () => {
    const { run } = createNodes(3);
    await run(200, 20);
    const perSecond = await run(200, 100);
    expect(perSecond).toBeGreaterThan(45);
    expect(perSecond).toBeLessThan(55);
  });

  test("also from one second to the next of a new window", async () => {
    const { run, totals } = createNodes(2);
    await run(200, 20);
    totals.clear();
    const perSecond = await run(200, 20);
    expect(perSecond).toBeGreaterThan(45);
    expect(perSecond).toBeLessThan(60);
  });

  test("a credential that stays within it is refused nowhere", async () => {
    const { run } = createNodes(2);
    expect(await run(20, 60)).toBe(40);
  });

  test("below a tenth of it on a node nobody is told", async () => {
    const { run, asked } = createNodes(1);
    // Ten steps a second of nothing or one: four tokens.
    await run(0, 5);
    expect(asked).toEqual([]);
  });

  test("while their store is away each node has the whole budget", async () => {
    const { run, store } = createNodes(2);
    store.isAway = true;
    await run(200, 20);
    expect(await run(200, 20)).toBe(100);
  });
});
