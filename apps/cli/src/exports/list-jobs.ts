import type { ExportScope, Job, JobFormat, JobState } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { printTable } from "../terminal/table.ts";
import { exportScopes, frequencies, jobFormats, jobStates, parseId, parseOneOf } from "./export-arguments.ts";
import { choosePageSize, openExports, takeItems } from "./open-exports.ts";

type Options = {
  readonly state?: JobState;
  readonly format?: JobFormat;
  readonly frequency?: (typeof frequencies)[number];
  readonly exportScope?: ExportScope;
  readonly limit?: number;
};

const examples = `
Examples:
  $ biped exports list
  $ biped exports list --state active --format csv
  $ biped exports list --json | jq '.[].jobId'`;

export function addListCommand(parent: Command, context: CommandContext): void {
  parent
    .command("list")
    .description("list the export jobs of the project")
    .addOption(new Option("--state <state>", "jobs in this state alone").argParser(parseOneOf(jobStates)))
    .addOption(new Option("--format <format>", "JSONL or CSV").argParser(parseOneOf(jobFormats)))
    .addOption(new Option("--frequency <value>", "once, daily or hourly").argParser(parseOneOf(frequencies)))
    .addOption(new Option("--export-scope <what>", "sessions or views").argParser(parseOneOf(exportScopes)))
    .option("--limit <n>", "show at most so many; all of them without it", parseId)
    .addHelpText("after", examples)
    .action((options: Options, command: Command) => listJobs(context, options, command));
}

async function listJobs(context: CommandContext, options: Options, command: Command): Promise<void> {
  const { terminal, signal } = context;
  const { exportScope, limit, ...filter } = options;
  const { exports } = await openExports(context, command);
  const found = exports.list({ ...filter, scope: exportScope, pageSize: choosePageSize(limit), signal });
  const jobs = await takeItems(found, limit);
  if (terminal.isJson) return terminal.printJson(jobs);
  if (jobs.length > 0) return printJobs(context, jobs);
  const isFiltered = Object.keys({ ...filter, ...(exportScope && { exportScope }) }).length > 0;
  terminal.note(isFiltered ? "No job matches. All of them: biped exports list" : "The project has no export jobs.");
  if (!isFiltered) terminal.note("Create one; this shows how: biped exports create --help");
}

function printJobs({ terminal }: CommandContext, jobs: readonly Job[]): void {
  printTable(terminal, {
    headers: ["job", "name", "format", "scope", "frequency", "state", "created"],
    rows: jobs.map(({ jobId, name, format, scope, frequency, state, createdAt }) => [
      String(jobId),
      formatValue(name),
      formatValue(format),
      formatValue(scope),
      formatValue(frequency?.value),
      formatValue(state),
      formatValue(createdAt).slice(0, terminal.isOutputTerminal ? 10 : undefined),
    ]),
  });
}

/** A service may leave members out, or send other types than it says. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return "-";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
