import { printSteps, runChecks } from "./steps.mjs";

const steps = await runChecks();
printSteps(steps);
process.exitCode = steps.every(({ passed }) => passed) ? 0 : 1;
