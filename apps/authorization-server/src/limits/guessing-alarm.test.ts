import { createLog } from "@biped/listener";
import { expect, test } from "vitest";
import { createGuessingAlarm } from "./guessing-alarm.ts";

test("R-50: more than 600 failures a minute for one credential are told once a minute, and refuse nobody", () => {
  const clock = { seconds: 1000 };
  const lines: string[] = [];
  const alarm = createGuessingAlarm(
    () => clock.seconds,
    createLog("info", (line) => lines.push(line)),
  );
  const fail = (clientId: string, times: number): void => {
    for (let time = 0; time < times; time += 1) alarm.count(clientId);
  };
  fail("a", 600);
  expect(lines).toEqual([]);
  fail("a", 1_000);
  fail("b", 601);
  expect(lines.map((line) => [JSON.parse(line).level, JSON.parse(line).clientId])).toEqual([
    ["warn", "a"],
    ["warn", "b"],
  ]);
  clock.seconds += 59.9;
  fail("a", 1_000);
  expect(alarm.countRaised()).toBe(2);
  clock.seconds += 0.1;
  fail("a", 2);
  expect(alarm.countRaised()).toBe(3);
});
