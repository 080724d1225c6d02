import type { Run, RunState } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { formatBytes } from "../download/format-bytes.ts";
import { printTable } from "../terminal/table.ts";
import { formatMinute } from "./describe-run.ts";
import { parseId, parseOneOf, runStates } from "./export-arguments.ts";
import { formatValue } from "./list-jobs.ts";
import { choosePageSize, openExports, takeItems } from "./open-exports.ts";

type Options = { readonly state?: RunState; readonly limit?: number };

const examples = `
The rows of a run are those from the beginning of its period up to its end. A run
that has not begun shows when it is due. Through a pipe the period is FROM/TO, in
ISO 8601, and the size is in bytes.

Examples:
  $ biped exports runs 12
  $ biped exports runs 12 --state success --limit 1 --json | jq '.[0].jobRunId'`;

export function addRunsCommand(parent: Command, context: CommandContext): void {
  parent
    .command("runs")
    .description("list the runs of a job, the newest first")
    .argument("<job>", "its number", parseId)
    .addOption(new Option("--state <state>", "runs in this state alone").argParser(parseOneOf(runStates)))
    .option("--limit <n>", "show at most so many; all of them without it", parseId)
    .addHelpText("after", examples)
    .action((jobId: number, options: Options, command: Command) => listRuns(context, { jobId, ...options }, command));
}

async function listRuns(
  context: CommandContext,
  { jobId, state, limit }: Options & { readonly jobId: number },
  command: Command,
): Promise<void> {
  const { terminal, signal } = context;
  const { exports } = await openExports(context, command);
  const found = exports.runs(jobId, { state, order: "DESC", pageSize: choosePageSize(limit), signal });
  const runs = await takeItems(found, limit);
  if (terminal.isJson) return terminal.printJson(runs.map(withoutLinks));
  if (runs.length > 0) return printRuns(context, runs);
  if (state !== undefined) return terminal.note(`No run matches. All of them: biped exports runs ${jobId}`);
  terminal.note(`The job has no runs yet. Wait for one with: biped exports wait ${jobId}`);
}

/** A run that has not begun shows when it is due. */
function printRuns({ terminal }: CommandContext, runs: readonly Run[]): void {
  const { isOutputTerminal } = terminal;
  const showTime = isOutputTerminal ? formatMinute : formatValue;
  printTable(terminal, {
    headers: ["run", "state", "start (UTC)", "period (UTC)", "rows", "size", "failure"],
    rows: runs.map(({ jobRunId, state, startDate, dateRange: period, rowCount, byteCount, failureReason }) => [
      String(jobRunId),
      formatValue(state),
      showTime(startDate),
      period ? `${showTime(period.from)}${isOutputTerminal ? " to " : "/"}${showTime(period.to)}` : "-",
      formatValue(rowCount),
      isOutputTerminal && typeof byteCount === "number" ? formatBytes(byteCount) : formatValue(byteCount),
      formatValue(failureReason),
    ]),
  });
}

/** A link is as good as a password for its file, and output ends up in logs; `biped call` shows it to who needs it. */
export function withoutLinks({ files, ...run }: Run): object {
  return files === undefined ? run : { ...run, files: files.map(({ url: _, ...file }) => file) };
}
