import { ClientError, type DataExport, type Run } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { describeBegin, describeFailure, describeWritten } from "./describe-run.ts";
import { parseDuration, parseId } from "./export-arguments.ts";
import { formatValue } from "./list-jobs.ts";
import { withoutLinks } from "./list-runs.ts";
import { openExports } from "./open-exports.ts";

export type WaitOptions = {
  /** In milliseconds, as the next one. */
  readonly timeout: number;
  readonly interval: number;
};
type Options = WaitOptions & { readonly run?: number };

const examples = `
The newest run of a daily or hourly job is the one that waits for its period to
end; when it can begin is told on stderr. Those that are over: biped exports runs

Exit code 0 when the run has succeeded, 1 when it has failed or the time is up.

Examples:
  $ biped exports wait 12
  $ biped exports wait 12 --run 77 --timeout 2h && biped exports download 12 77`;

export function addWaitCommand(parent: Command, context: CommandContext): void {
  const command = parent
    .command("wait")
    .description("wait until a run of a job has ended")
    .argument("<job>", "its number", parseId)
    .option("--run <id>", "this run; the newest one without it, as soon as there is one", parseId);
  addWaitOptions(command)
    .addHelpText("after", examples)
    .action(async (jobId: number, options: Options, command: Command) => {
      const { exports } = await openExports(context, command);
      const run = await waitForRun(context, exports, { jobId, ...options });
      if (context.terminal.isJson) context.terminal.printJson(withoutLinks(run));
      else printRun(context, jobId, run);
    });
}

/** `--timeout` and `--interval`. */
export function addWaitOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--timeout <time>", "give up after, such as 90s, 30m or 2h")
        .argParser(parseDuration)
        .default(1_800_000, "30m"),
    )
    .addOption(
      new Option("--interval <time>", "between two looks at first; grows to ten times as much")
        .argParser(parseDuration)
        .default(2_000, "2s"),
    );
}

type Wanted = Options & {
  readonly jobId: number;
  /** Then it has no other runs. */
  readonly isNewJob?: true;
};

/** Tells each change of state beside the result. */
export async function waitForRun(context: CommandContext, exports: DataExport, wanted: Wanted): Promise<Run> {
  const { jobId, run: runId, timeout, interval } = wanted;
  const { signal } = context;
  const onLook = createTeller(context, wanted);
  const options = { runId, timeoutMilliseconds: timeout, intervalMilliseconds: interval, onLook, signal };
  try {
    return await exports.waitForRun(jobId, options);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.code === "RUN_FAILED") {
      throw createLocalError(error.message, error.code, `Other runs: biped exports runs ${jobId}`);
    }
    if (error.code !== "RUN_NOT_FINISHED") throw error;
    throw createLocalError(error.message, error.code, "Wait longer with --timeout; the run goes on by itself.");
  }
}

function createTeller({ terminal, nowMilliseconds }: CommandContext, { jobId, timeout, isNewJob }: Wanted) {
  const start = nowMilliseconds();
  let told: string | undefined;
  return (run: Run | undefined): void => {
    const state = run === undefined ? "no run yet" : describeState(run);
    if (state === told) return;
    told = state;
    const seconds = Math.floor((nowMilliseconds() - start) / 1000);
    terminal.note(`${`${seconds} s`.padStart(6)}  ${escapeControls(state)}`);
    const begin = run && describeBegin(run, nowMilliseconds());
    if (begin === undefined) return;
    const isInTime = Date.parse(run?.startDate ?? "") < start + timeout;
    terminal.note(escapeControls(`${begin}${isInTime ? "" : " That is after the --timeout of this wait."}`));
    if (!isNewJob) terminal.note(`Runs that are over: biped exports runs ${jobId}`);
  };
}

function describeState(run: Run): string {
  const isRepeated = run.state === "RUNNABLE" && describeFailure(run) !== "";
  const before = isRepeated ? `, tried again later; an attempt failed${describeFailure(run)}` : "";
  return `run ${run.jobRunId} ${formatValue(run.state)}${before}`;
}

export function printRun({ terminal }: CommandContext, jobId: number, run: Run): void {
  const { jobRunId, files = [] } = run;
  if (!terminal.isOutputTerminal) {
    terminal.print([jobRunId, "SUCCESS", files.length].join("\t"));
    return;
  }
  terminal.print(`Run ${jobRunId} of job ${jobId} has succeeded: ${describeWritten(run)}.`);
  if (files.length > 0) terminal.note(`Save them with: biped exports download ${jobId} ${jobRunId}`);
  else terminal.note("Its files have been deleted: they are kept for some days only.");
}

/** Of a run that has not succeeded there is nothing to fetch. */
export function refuseUnfinishedRun(jobId: number, run: Run): never {
  const { jobRunId, state } = run;
  const subject = `Run ${jobRunId} of job ${jobId}`;
  const others = `Other runs: biped exports runs ${jobId}`;
  if (state === "FAILURE") {
    throw createLocalError(`${subject} has failed${describeFailure(run)}`, "RUN_FAILED", others);
  }
  if (state === "SUCCESS") {
    throw createLocalError(
      `The files of run ${jobRunId} are no longer there`,
      "FILE_GONE",
      `Files are kept for some days only. ${others}`,
    );
  }
  const next = `Wait for it: biped exports wait ${jobId} --run ${jobRunId}`;
  throw createLocalError(`${subject} has no files yet`, "RUN_NOT_FINISHED", next);
}
