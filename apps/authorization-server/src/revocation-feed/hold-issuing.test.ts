import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHoldIssuing } from "./hold-issuing.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function measureHold(notBefore: number, nowSeconds: () => number): Promise<number | undefined> {
  const held = createHoldIssuing({ feed: { notBefore: () => notBefore }, nowSeconds })();
  if (held === undefined) return undefined;
  const startedAt = Date.now();
  let ended: number | undefined;
  void held.then(() => {
    ended = Date.now() - startedAt;
  });
  await vi.advanceTimersByTimeAsync(10_000);
  return ended;
}

test("nobody waits where nothing is void, nor where the second has come", async () => {
  expect(await measureHold(0, () => 1000)).toBeUndefined();
  expect(await measureHold(1000, () => 1000)).toBeUndefined();
});

test("what would be void from the start waits for its second, three seconds at most", async () => {
  vi.setSystemTime(1_000_600);
  expect(await measureHold(1001, () => Math.floor(Date.now() / 1000))).toBe(400);
  expect(await measureHold(1001, () => 1000)).toBe(3_000);
});
