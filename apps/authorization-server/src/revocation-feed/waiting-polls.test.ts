import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWaitingPolls } from "./waiting-polls.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(promise: Promise<void>) {
  const seen = { ended: false };
  void promise.then(() => {
    seen.ended = true;
  });
  return seen;
}

test("whoever waits is woken by news, or when the time is over", async () => {
  const polls = createWaitingPolls(2);
  const [long, short] = [watch(polls.wait(25_000)), watch(polls.wait(3_000))];
  await vi.advanceTimersByTimeAsync(2_999);
  expect([long.ended, short.ended, polls.count()]).toEqual([false, false, 2]);
  await vi.advanceTimersByTimeAsync(1);
  expect([long.ended, short.ended, polls.count()]).toEqual([false, true, 1]);
  polls.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([long.ended, polls.count(), vi.getTimerCount()]).toEqual([true, 0, 0]);
});

test("one too many waits for a second, and is woken by news as the others are", async () => {
  const polls = createWaitingPolls(1);
  const [first, second, third] = [watch(polls.wait(25_000)), watch(polls.wait(25_000)), watch(polls.wait(500))];
  await vi.advanceTimersByTimeAsync(500);
  expect([first.ended, second.ended, third.ended]).toEqual([false, false, true]);
  await vi.advanceTimersByTimeAsync(500);
  expect([first.ended, second.ended]).toEqual([false, true]);
  const fourth = watch(polls.wait(25_000));
  polls.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([first.ended, fourth.ended]).toEqual([true, true]);
});

test("after its end all are woken, and nobody waits for more than a second", async () => {
  const polls = createWaitingPolls(10);
  const before = watch(polls.wait(25_000));
  polls.close();
  const after = watch(polls.wait(25_000));
  await vi.advanceTimersByTimeAsync(0);
  expect([before.ended, after.ended]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(after.ended).toBe(true);
});
