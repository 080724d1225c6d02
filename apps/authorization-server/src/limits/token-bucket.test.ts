import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { type BucketRule, createBuckets } from "./token-bucket.ts";

function createClocked(rule: BucketRule, startSeconds = 1000) {
  const clock = { seconds: startSeconds };
  const { take } = createBuckets(rule, () => clock.seconds);
  const takeMany = (key: string, count: number): number =>
    Array.from({ length: count }, () => take(key)).filter((wait) => wait === 0).length;
  return { clock, take, takeMany };
}

describe.each([
  ["10 a minute", { capacity: 10, perSecond: 10 / 60 }],
  ["60 a minute", { capacity: 60, perSecond: 1 }],
  ["50 a second, burst 200", { capacity: 200, perSecond: 50 }],
])("%s", (_name, rule) => {
  test.each([0, 0.1, 1000, 1e7, 1e8])("exactly the burst passes at once, on a clock that shows %d", (start) => {
    const { takeMany } = createClocked(rule, start);
    expect(takeMany("a", 1000)).toBe(rule.capacity);
  });

  test("exactly the rate passes over ten minutes, after the burst", () => {
    const { clock, takeMany } = createClocked(rule);
    takeMany("a", 1000);
    let passed = 0;
    for (let tenths = 0; tenths < 6000; tenths += 1) {
      clock.seconds = 1000 + (tenths + 1) / 10;
      passed += takeMany("a", 10);
    }
    expect(passed).toBe(Math.round(600 * rule.perSecond));
  });

  test("the wait it tells is just long enough", () => {
    const { clock, take, takeMany } = createClocked(rule);
    takeMany("a", rule.capacity);
    const wait = take("a");
    expect(wait).toBeCloseTo(1 / rule.perSecond, 6);
    clock.seconds += wait * 0.99;
    expect(take("a")).toBeGreaterThan(0);
    clock.seconds += wait * 0.01;
    expect([take("a"), take("a") > 0]).toEqual([0, true]);
  });

  test("a full bucket does not grow with time, and keys do not share", () => {
    const { clock, takeMany } = createClocked(rule);
    takeMany("a", 1000);
    clock.seconds += 1e6;
    expect([takeMany("a", 1000), takeMany("b", 1000)]).toEqual([rule.capacity, rule.capacity]);
  });

  test("what is refused costs nothing", () => {
    const { clock, takeMany } = createClocked(rule);
    takeMany("a", 100_000);
    clock.seconds += 1.001 / rule.perSecond;
    expect(takeMany("a", 2)).toBe(1);
  });
});

/** A bucket as one would draw it: it holds so many, drips full, and one is taken out. */
function createDrawnBucket({ capacity, perSecond }: BucketRule, startSeconds: number) {
  let [held, at] = [capacity, startSeconds];
  return (now: number): number => {
    held = Math.min(capacity, held + (now - at) * perSecond);
    at = now;
    if (held < 1) return (1 - held) / perSecond;
    held -= 1;
    return 0;
  };
}

testProperty(
  "takes and refuses as a drawn bucket does, whatever the rule and the times",
  2_000,
  fc.property(
    fc.record({
      capacity: fc.integer({ min: 1, max: 300 }),
      perSecond: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.01, max: 1, noNaN: true })),
    }),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.array(
      fc.tuple(fc.constantFrom("a", "b"), fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true }))),
      {
        maxLength: 300,
      },
    ),
    (rule, start, requests) => {
      const { clock, take } = createClocked(rule, start);
      const drawn = { a: createDrawnBucket(rule, start), b: createDrawnBucket(rule, start) };
      // The two round differently: within a hundredth of a token either answer is right, and then they part.
      const grain = 0.01 / rule.perSecond;
      for (const [key, pause] of requests) {
        clock.seconds += pause;
        const [wait, drawnWait] = [take(key), key === "a" ? drawn.a(clock.seconds) : drawn.b(clock.seconds)];
        if ((wait === 0) !== (drawnWait === 0)) {
          expect(Math.max(wait, drawnWait)).toBeLessThan(grain);
          return;
        }
        expect(Math.abs(wait - drawnWait)).toBeLessThan(grain);
      }
    },
  ),
);

test("a look takes nothing, and tells what is left and when all of it is back", () => {
  const clock = { seconds: 1000 };
  const { take, look } = createBuckets({ capacity: 4, perSecond: 2 }, () => clock.seconds);
  expect(look("a")).toEqual({ remaining: 4, fullInSeconds: 0, waitSeconds: 0 });
  for (let count = 0; count < 4; count += 1) take("a");
  expect(look("a")).toEqual({ remaining: 0, fullInSeconds: 2, waitSeconds: 0.5 });
  clock.seconds += 0.75;
  expect(look("a")).toEqual({ remaining: 1, fullInSeconds: 1.25, waitSeconds: 0 });
});

test("what was spent elsewhere is charged; at most one capacity is owed", () => {
  const clock = { seconds: 1000 };
  const { charge, look, take } = createBuckets({ capacity: 4, perSecond: 2 }, () => clock.seconds);
  charge("a", 1);
  expect(look("a").remaining).toBe(3);
  charge("a", 1_000_000);
  expect([look("a").remaining, take("a")]).toEqual([0, 2.5]);
});

test("memory is bounded: beyond 100,000 keys the one unused for longest begins anew", () => {
  const { takeMany } = createClocked({ capacity: 1, perSecond: 0.0001 });
  const key = (at: number): string => `key-${at}`;
  for (let at = 0; at < 100_000; at += 1) takeMany(key(at), 1);
  expect(takeMany(key(0), 1)).toBe(0);
  takeMany(key(100_000), 1);
  expect([takeMany(key(1), 1), takeMany(key(100_000), 1)]).toEqual([0, 0]);
  expect(takeMany(key(0), 1)).toBe(1);
});
