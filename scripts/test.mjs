/**
 * Every check, then Vitest; with a path or a filter, Vitest only. The last line tells how many tests passed and
 * failed; a failed check and a Vitest that ended badly count as failed too.
 */

import { printSteps, runChecks } from "./steps.mjs";
import { printCounts, runVitest } from "./vitest-step.mjs";

const args = process.argv.slice(2);
const isFiltered = args.some((arg) => !arg.startsWith("-"));
const checks = isFiltered ? [] : await runChecks();
const { step, counts } = await runVitest("tests", args);

printSteps([...checks, { ...step, passed: counts.failed === 0 && counts.passed > 0 }]);
printCounts({ ...counts, failed: counts.failed + checks.filter(({ passed }) => !passed).length });
