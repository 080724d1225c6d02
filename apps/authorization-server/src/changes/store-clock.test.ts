import { createLog } from "@biped/listener";
import { expect, test } from "vitest";
import { createStoreClock } from "./store-clock.ts";

type Time = { machine: number; steady: number; store: number; readingMilliseconds: number };

const noon = 1_800_000_000_000;

function createClock(started: Partial<Time> = {}) {
  const time: Time = { machine: noon, steady: 5_000, store: noon, readingMilliseconds: 0, ...started };
  const lines: string[] = [];
  const clock = createStoreClock({
    storage: {
      readClock: async () => {
        time.machine += time.readingMilliseconds;
        time.steady += time.readingMilliseconds;
        return time.store;
      },
    },
    machineMilliseconds: () => time.machine,
    steadyMilliseconds: () => time.steady,
    log: createLog("info", (line) => lines.push(line)),
  });
  return { ...clock, time, lines };
}

test.each([
  ["the same", 0, 0],
  ["two seconds ahead", 2_000, 0],
  ["two seconds behind", -2_000, 0],
  ["a little more ahead", 2_001, 2],
  ["a little more behind", -2_400, -2],
  ["an hour ahead", 3_600_000, 3_600],
])("the store is %s", async (_name, milliseconds, offset) => {
  const clock = createClock({ store: noon + milliseconds });
  await clock.read();
  expect(clock.offsetSeconds()).toBe(offset);
});

test("the middle of the reading counts, and one of more than a second tells nothing", async () => {
  const clock = createClock({ readingMilliseconds: 1_000, store: noon + 10_500 });
  await clock.read();
  expect(clock.offsetSeconds()).toBe(10);
  clock.time.readingMilliseconds = 1_001;
  clock.time.store = 0;
  await clock.read();
  expect(clock.offsetSeconds()).toBe(10);
});

test("a clock that was put right is no longer corrected; each change is logged once", async () => {
  const clock = createClock();
  await clock.read();
  clock.time.machine -= 60_000;
  await clock.read();
  await clock.read();
  expect(clock.offsetSeconds()).toBe(60);
  clock.time.machine += 60_000;
  await clock.read();
  expect(clock.offsetSeconds()).toBe(0);
  expect(clock.lines.map((line) => JSON.parse(line).offsetSeconds)).toEqual([60, 0]);
});

test.each([
  ["an hour forward", 3_600_000, -3_600],
  ["a day back", -86_400_000, 86_400],
  ["two seconds forward", 2_000, 0],
])("F-15: a jump %s is taken back before the store is read again", async (_name, milliseconds, offset) => {
  const clock = createClock();
  await clock.read();
  clock.time.machine += milliseconds;
  expect(clock.offsetSeconds()).toBe(offset);
});

test("F-15: a clock that stands still is moved on by the steady one", async () => {
  const clock = createClock();
  await clock.read();
  clock.time.steady += 2_001;
  expect(clock.offsetSeconds()).toBe(2);
});

test("time that passes is no jump, and a jump of the store's clock too is none once it was read", async () => {
  const clock = createClock();
  await clock.read();
  clock.time.machine += 600_000;
  clock.time.steady += 600_000;
  expect(clock.offsetSeconds()).toBe(0);
  clock.time.machine += 3_600_000;
  clock.time.store = clock.time.machine;
  await clock.read();
  expect(clock.offsetSeconds()).toBe(0);
});
