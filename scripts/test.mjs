/**
 * Every check, then Vitest; with a path or a filter, Vitest only. The last line tells how many tests passed and
 * failed, by what the reporter wrote down; a failed check and a Vitest that ended badly count as failed too.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bin, printSteps, root, runChecks, runStep } from "./steps.mjs";

/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Counts */

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

const args = process.argv.slice(2);
const isFiltered = args.some((arg) => !arg.startsWith("-"));
const checks = isFiltered ? [] : await runChecks();

const folder = mkdtempSync(path.join(os.tmpdir(), "biped-test-"));
const file = path.join(folder, "counts.json");
const reporters = ["default", path.join(root, "scripts", "counts-reporter.ts")].map((each) => `--reporter=${each}`);
// No test at all is judged here, below: told apart by its exit code it would look like a Vitest that broke.
const tests = await runStep("tests", [bin("vitest"), "run", "--passWithNoTests", ...reporters, ...args], {
  ...process.env,
  BIPED_TEST_COUNTS: file,
});
const counts = judge(tests, readCounts(file));
rmSync(folder, { recursive: true });

printSteps([...checks, { ...tests, passed: counts.failed === 0 && counts.passed > 0 }]);
const failed = counts.failed + checks.filter(({ passed }) => !passed).length;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`\n${counts.passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0;
