/** Runs Vitest as a step and counts its tests by what our reporter wrote down, not by what it prints. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bin, root, runStep } from "./steps.mjs";

/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Counts */
/** @typedef {{ readonly step: import("./steps.mjs").Step, readonly counts: Counts }} VitestStep */

/** @type {(file: string) => Counts | undefined} */
const readCounts = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Vitest ended before its report: the caller counts that as a failure.
    return undefined;
  }
};

/**
 * @param {import("./steps.mjs").Step} step
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
const judge = (step, counts) => {
  if (!counts) return { passed: 0, failed: 1, skipped: 0 };
  return { ...counts, failed: step.passed ? counts.failed : Math.max(1, counts.failed) };
};

/**
 * A Vitest that ended badly counts as a failed test.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {{ readonly timeout?: number }} [options]
 * @returns {Promise<VitestStep>}
 */
export const runVitest = async (name, args, options = {}) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "biped-test-"));
  const file = path.join(folder, "counts.json");
  const reporters = ["default", path.join(root, "scripts", "counts-reporter.ts")].map((each) => `--reporter=${each}`);
  const env = { ...process.env, BIPED_TEST_COUNTS: file };
  // No test at all is judged by the caller: told apart by its exit code it would look like a Vitest that broke.
  const command = [bin("vitest"), "run", "--passWithNoTests", ...reporters, ...args];
  const step = await runStep(name, command, { ...options, env });
  const counts = judge(step, readCounts(file));
  rmSync(folder, { recursive: true });
  return { step, counts };
};

/** @param {Counts} counts */
export const printCounts = ({ passed, failed, skipped }) => {
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
};
