import { ClientError, type DataExport, type Run } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
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

type Wanted = Options & { readonly jobId: number };

/** Tells each change of state beside the result. */
export async function waitForRun(context: CommandContext, exports: DataExport, wanted: Wanted): Promise<Run> {
  const { jobId, run: runId, timeout, interval } = wanted;
  const { signal } = context;
  const onLook = createTeller(context);
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

function createTeller({ terminal, nowMilliseconds }: CommandContext): (run: Run | undefined) => void {
  const begin = nowMilliseconds();
  let told: string | undefined;
  return (run) => {
    const state = run === undefined ? "no run yet" : `run ${run.jobRunId} ${formatValue(run.state)}`;
    if (state === told) return;
    told = state;
    const seconds = Math.floor((nowMilliseconds() - begin) / 1000);
    terminal.note(`${`${seconds} s`.padStart(6)}  ${escapeControls(state)}`);
  };
}

export function printRun({ terminal }: CommandContext, jobId: number, { jobRunId, files = [] }: Run): void {
  if (!terminal.isOutputTerminal) {
    terminal.print([jobRunId, "SUCCESS", files.length].join("\t"));
    return;
  }
  terminal.print(
    `Run ${jobRunId} of job ${jobId} has succeeded: ${files.length} ${files.length === 1 ? "file" : "files"}.`,
  );
  terminal.note(`Save them with: biped exports download ${jobId} ${jobRunId}`);
}

/** Of a run that has not succeeded there is nothing to fetch. */
export function refuseUnfinishedRun(jobId: number, { jobRunId, state }: Run): never {
  const isFailed = state === "FAILURE";
  throw createLocalError(
    isFailed ? `Run ${jobRunId} of job ${jobId} has failed` : `Run ${jobRunId} of job ${jobId} has no files yet`,
    isFailed ? "RUN_FAILED" : "RUN_NOT_FINISHED",
    isFailed ? `Other runs: biped exports runs ${jobId}` : `Wait for it: biped exports wait ${jobId} --run ${jobRunId}`,
  );
}
