import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";

/** A module can fail without a failed test: it does not load, or a hook throws. */
const countModuleFailures = (module: TestModule): number => {
  const suites = [...module.children.allSuites()];
  const errors = module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0);
  const failedTests = [...module.children.allTests("failed")].length;
  return Math.max(failedTests + errors, module.ok() ? 0 : 1);
};

const countTests = (modules: readonly TestModule[], state: "passed" | "skipped"): number =>
  modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0);

/** Writes the counts to the file that `scripts/test.mjs` reads once Vitest has closed. Vitest wants a default class. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const file = process.env.BIPED_TEST_COUNTS;
    if (!file) return;
    const failures = modules.reduce((sum, module) => sum + countModuleFailures(module), unhandledErrors.length);
    const failed = Math.max(failures, reason === "interrupted" ? 1 : 0);
    const counts = { passed: countTests(modules, "passed"), failed, skipped: countTests(modules, "skipped") };
    writeFileSync(file, JSON.stringify(counts));
  }
}
