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
  const polls = createWaitingPolls({ all: 2, source: 2 });
  const [long, short] = [watch(polls.wait(25_000, "192.0.2.1")), watch(polls.wait(3_000, "192.0.2.1"))];
  await vi.advanceTimersByTimeAsync(2_999);
  expect([long.ended, short.ended, polls.count()]).toEqual([false, false, 2]);
  await vi.advanceTimersByTimeAsync(1);
  expect([long.ended, short.ended, polls.count()]).toEqual([false, true, 1]);
  polls.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([long.ended, polls.count(), vi.getTimerCount()]).toEqual([true, 0, 0]);
});

test("one too many waits for a second, and is woken by news as the others are", async () => {
  const polls = createWaitingPolls({ all: 1, source: 1 });
  const [first, second, third] = [
    watch(polls.wait(25_000, "192.0.2.1")),
    watch(polls.wait(25_000, "192.0.2.1")),
    watch(polls.wait(500, "192.0.2.1")),
  ];
  await vi.advanceTimersByTimeAsync(500);
  expect([first.ended, second.ended, third.ended]).toEqual([false, false, true]);
  await vi.advanceTimersByTimeAsync(500);
  expect([first.ended, second.ended]).toEqual([false, true]);
  const fourth = watch(polls.wait(25_000, "192.0.2.1"));
  polls.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([first.ended, fourth.ended]).toEqual([true, true]);
});

test("a source whose places are all taken leaves the others theirs, however often it asks", async () => {
  const polls = createWaitingPolls({ all: 3, source: 2 });
  const flood = Array.from({ length: 10 }, () => watch(polls.wait(25_000, "192.0.2.1")));
  const other = watch(polls.wait(25_000, "198.51.100.7"));
  const third = watch(polls.wait(25_000, "203.0.113.9"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(flood.map(({ ended }) => ended)).toEqual([false, false, ...Array<boolean>(8).fill(true)]);
  expect([other.ended, third.ended, polls.count()]).toEqual([false, true, 3]);
});

test("a place is free again once its poll was answered, and who waits for a second takes none", async () => {
  const polls = createWaitingPolls({ all: 2, source: 1 });
  void polls.wait(1_000, "192.0.2.1");
  const first = watch(polls.wait(25_000, "192.0.2.1"));
  await vi.advanceTimersByTimeAsync(25_000);
  const second = watch(polls.wait(25_000, "192.0.2.1"));
  await vi.advanceTimersByTimeAsync(24_999);
  expect([first.ended, second.ended]).toEqual([true, false]);
});

test("after its end all are woken, and nobody waits for more than a second", async () => {
  const polls = createWaitingPolls({ all: 10, source: 10 });
  const before = watch(polls.wait(25_000, "192.0.2.1"));
  polls.close();
  const after = watch(polls.wait(25_000, "192.0.2.1"));
  await vi.advanceTimersByTimeAsync(0);
  expect([before.ended, after.ended]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(after.ended).toBe(true);
});
