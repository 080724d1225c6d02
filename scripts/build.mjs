import { bin, printSteps, runStep } from "./steps.mjs";

const types = await runStep("compile", [bin("tsc"), "-b"]);
const steps = types.passed ? [types, await runStep("pack and try", ["tools/tarball-check.ts", "dist"])] : [types];
printSteps(steps);
process.exitCode = steps.every(({ passed }) => passed) ? 0 : 1;
