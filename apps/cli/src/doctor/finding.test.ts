import { expect, test } from "vitest";
import { type Finding, findGravestExitCode } from "./finding.ts";

const passed: Finding = { name: "clock", verdict: "passed", message: "" };
const warning: Finding = { name: "clock", verdict: "warning", message: "" };
const failed: Finding = { name: "clock", verdict: "failed", message: "" };

test.each<[readonly Finding[], number]>([
  [[], 0],
  [[passed, warning], 0],
  [[passed, failed], 1],
  [[failed, { ...failed, exitCode: 3 }], 3],
  [
    [
      { ...failed, exitCode: 4 },
      { ...failed, exitCode: 3 },
    ],
    4,
  ],
  [
    [
      { ...failed, exitCode: 5 },
      { ...failed, exitCode: 4 },
    ],
    5,
  ],
])("%j ends with %i", (findings, exitCode) => {
  expect(findGravestExitCode(findings)).toBe(exitCode);
});
