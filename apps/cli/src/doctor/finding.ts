import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** One thing that was looked at, and what was found. */
export type Finding = {
  readonly name: string;
  readonly project?: number;
  readonly verdict: "passed" | "warning" | "failed";
  /** What was found; of a service's words only escaped ones when printed. */
  readonly message: string;
  /** What to do about it. */
  readonly next?: string | undefined;
  /** How the run ends for a failure. */
  readonly exitCode?: ExitCode;
  readonly milliseconds?: number;
};

/** 0 with warnings alone; else the highest code, because an answer of another protocol explains what comes after it. */
export function findGravestExitCode(findings: readonly Finding[]): ExitCode {
  const failures = findings.filter(({ verdict }) => verdict === "failed");
  const codes = failures.map(({ exitCode = exitCodes.failed }) => exitCode);
  return codes.reduce<ExitCode>((gravest, code) => (code > gravest ? code : gravest), exitCodes.done);
}
