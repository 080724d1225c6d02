import type { Run, RunState } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { printTable } from "../terminal/table.ts";
import { parseId, parseOneOf, runStates } from "./export-arguments.ts";
import { formatValue } from "./list-jobs.ts";
import { choosePageSize, openExports, takeItems } from "./open-exports.ts";

type Options = { readonly state?: RunState; readonly limit?: number };

const examples = `
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
  if (runs.length > 0) {
    const rows = runs.map((run) => [String(run.jobRunId), formatValue(run.state), formatValue(run.startDate)]);
    return printTable(terminal, { headers: ["run", "state", "started"], rows });
  }
  if (state !== undefined) return terminal.note(`No run matches. All of them: biped exports runs ${jobId}`);
  terminal.note(`The job has no runs yet. Wait for one with: biped exports wait ${jobId}`);
}

/** A link is as good as a password for its file, and output ends up in logs; `biped call` shows it to who needs it. */
export function withoutLinks({ files, ...run }: Run): object {
  return files === undefined ? run : { ...run, files: files.map(({ url: _, ...file }) => file) };
}
