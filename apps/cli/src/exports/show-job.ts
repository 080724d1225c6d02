import type { Job, JobField } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { parseId } from "./export-arguments.ts";
import { formatValue } from "./list-jobs.ts";
import { openExports } from "./open-exports.ts";

const examples = `
Examples:
  $ biped exports show 12
  $ biped exports show 12 --json | jq '.fields[].fieldName'`;

export function addShowCommand(parent: Command, context: CommandContext): void {
  parent
    .command("show")
    .description("show one job, with its fields")
    .argument("<job>", "its number", parseId)
    .addHelpText("after", examples)
    .action((jobId: number, _: unknown, command: Command) => showJob(context, jobId, command));
}

async function showJob(context: CommandContext, jobId: number, command: Command): Promise<void> {
  const { terminal, signal } = context;
  const { exports } = await openExports(context, command);
  const job = await exports.get(jobId, { signal });
  if (terminal.isJson) return terminal.printJson(job);
  const rows = describeJob(job).map(([name, value]) => [name, escapeControls(value)]);
  if (!terminal.isOutputTerminal) {
    for (const row of rows) terminal.print(row.join("\t"));
    return;
  }
  for (const line of formatColumns(rows)) terminal.print(line);
  terminal.note(`Its runs: biped exports runs ${job.jobId}`);
}

function describeJob(job: Job): readonly (readonly [name: string, value: string])[] {
  const { jobId, name, format, scope, frequency, state, deviceLabel, segmentId, createdAt, fields, formulaGuard } = job;
  const range = frequency?.value === "once" ? frequency.dateRange : undefined;
  return [
    ["Job", String(jobId)],
    ["Name", formatValue(name)],
    ["State", formatValue(state)],
    ["Format", formatValue(format)],
    ["Scope", formatValue(scope)],
    ["Frequency", formatValue(frequency?.value)],
    ...(range === undefined ? [] : ([["Range", `${formatValue(range.from)} to ${formatValue(range.to)}`]] as const)),
    ["Devices", formatValue(deviceLabel)],
    ...(segmentId === undefined || segmentId === null ? [] : ([["Segment", formatValue(segmentId)]] as const)),
    ...(formulaGuard === true ? ([["Formulas", "guarded: an apostrophe in front"]] as const) : []),
    ["Created", formatValue(createdAt)],
    ["Fields", Array.isArray(fields) ? fields.map(formatField).join(", ") : "-"],
  ];
}

/** "custom_var(3) as plan" */
function formatField(field: JobField): string {
  // A service may send other types than it says.
  if (typeof field !== "object" || field === null) return formatValue(field);
  const { fieldName, aliasName, customVarPosition, dynamicVarKey } = field;
  const which = customVarPosition ?? dynamicVarKey;
  return `${fieldName}${which === undefined ? "" : `(${which})`}${aliasName === undefined ? "" : ` as ${aliasName}`}`;
}
