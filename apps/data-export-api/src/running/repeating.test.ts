import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRepeating } from "./repeating.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("acts after each pause, and no more once it is stopped", async () => {
  const act = vi.fn(async () => {});
  const repeating = startRepeating(act, 1000);
  await vi.advanceTimersByTimeAsync(999);
  expect(act).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(act).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(act).toHaveBeenCalledTimes(4);
  await repeating.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(act).toHaveBeenCalledTimes(4);
  expect(vi.getTimerCount()).toBe(0);
});

test("woken, it acts at once; woken while it acts, once more", async () => {
  let finish = (): void => {};
  const act = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const repeating = startRepeating(act, 1000);
  repeating.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(act).toHaveBeenCalledTimes(1);
  repeating.wake();
  repeating.wake();
  await vi.advanceTimersByTimeAsync(5000);
  expect(act).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(0);
  expect(act).toHaveBeenCalledTimes(2);
  finish();
  await vi.advanceTimersByTimeAsync(999);
  expect(act).toHaveBeenCalledTimes(2);
  const stopped = repeating.stop();
  await stopped;
});

test("stopping waits for what is under way", async () => {
  let finish = (): void => {};
  const repeating = startRepeating(() => new Promise<void>((resolve) => (finish = resolve)), 1000);
  repeating.wake();
  await vi.advanceTimersByTimeAsync(0);
  let isStopped = false;
  const stopped = repeating.stop().then(() => (isStopped = true));
  await vi.advanceTimersByTimeAsync(5000);
  expect(isStopped).toBe(false);
  finish();
  await stopped;
  expect(isStopped).toBe(true);
});
