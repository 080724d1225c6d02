import path from "node:path";
import { ClientError, type NewJob } from "@biped/client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { parseJson } from "../json.ts";
import { readNamedFile } from "../named-file.ts";
import { printFiles, resolveFolder } from "./download-command.ts";
import { downloadRun } from "./download-run.ts";
import { deviceLabels, exportScopes, frequencies, jobFormats, parseId, parseOneOf } from "./export-arguments.ts";
import { withoutLinks } from "./list-runs.ts";
import { checkNewJob } from "./new-job.ts";
import { type OpenedExports, openExports } from "./open-exports.ts";
import { addWaitOptions, printRun, type WaitOptions, waitForRun } from "./wait-command.ts";

type JobOptions = {
  readonly name?: string;
  readonly format?: string;
  readonly exportScope?: string;
  readonly frequency?: string;
  readonly from?: string;
  readonly to?: string;
  readonly fields?: string;
  readonly device?: string;
  readonly segment?: number;
  readonly formulaGuard?: true;
};
type Options = JobOptions &
  WaitOptions & { readonly file?: string; readonly wait?: true; readonly download?: string | true };

const examples = `
A job is described by options, or by a file as the API takes it; a file can also
rename columns (aliasName) and export custom and dynamic variables. Through a
pipe the new job's number is printed, and nothing else.

Examples:
  $ biped exports create --name Nightly --frequency daily --fields session_id
  $ biped exports create --name "Last week" --export-scope views --format CSV \\
      --frequency once --from 2026-11-02 --to 2026-11-09 \\
      --fields session_id,scroll_rate --download exports
  $ biped exports create --file job.json --wait`;

export function addCreateCommand(parent: Command, context: CommandContext): void {
  const command = parent
    .command("create")
    .description("create an export job")
    .option("--file <file>", "read the job as JSON from a file, or from stdin with -")
    .option("--name <name>", "what it is called")
    .addOption(new Option("--format <format>", "JSONL or CSV (default: JSONL)").argParser(parseOneOf(jobFormats)))
    .addOption(
      new Option("--export-scope <what>", "sessions or views (default: sessions)").argParser(parseOneOf(exportScopes)),
    )
    .addOption(new Option("--frequency <value>", "once, daily or hourly").argParser(parseOneOf(frequencies)))
    .option("--from <date>", "for once: the beginning, ISO 8601")
    .option("--to <date>", "for once: the end, at most 7 days later")
    .option("--fields <names>", "what to export, parted by commas; see `biped exports fields`")
    .addOption(
      new Option("--device <label>", `${deviceLabels.join(", ")} (default: all)`).argParser(parseOneOf(deviceLabels)),
    )
    .option("--segment <id>", "one segment of the users", parseId)
    .option("--formula-guard", "CSV only: an apostrophe before what a spreadsheet would take for a formula")
    .option("--wait", "wait until its first run has ended")
    .option("--download [folder]", "wait, and save the files");
  addWaitOptions(command)
    .addHelpText("after", examples)
    .action((options: Options, command: Command) => createJob(context, options, command));
}

async function createJob(context: CommandContext, options: Options, command: Command): Promise<void> {
  const { terminal } = context;
  const job = options.file === undefined ? readOptions(options) : await readJobFile(context, options.file, options);
  const opened = await openExports(context, command);
  const jobId = await sendJob(context, opened, job);
  if (options.wait === undefined && options.download === undefined) {
    if (terminal.isJson) return terminal.printJson({ jobId });
    terminal.print(terminal.isOutputTerminal ? `Created job ${jobId}.` : String(jobId));
    return terminal.isOutputTerminal ? terminal.note(`Wait for its first run: biped exports wait ${jobId}`) : undefined;
  }
  terminal.note(`Created job ${jobId}.`);
  await follow(context, opened, { ...options, jobId });
}

async function follow(
  context: CommandContext,
  opened: OpenedExports,
  { jobId, download, timeout, interval }: WaitOptions & Pick<Options, "download"> & { readonly jobId: number },
): Promise<void> {
  const { terminal } = context;
  const run = await waitForRun(context, opened.exports, { jobId, timeout, interval, isNewJob: true });
  if (download === undefined) {
    if (terminal.isJson) return terminal.printJson({ jobId, run: withoutLinks(run) });
    return printRun(context, jobId, run);
  }
  const directory = resolveFolder(context, download === true ? "." : download);
  const files = await downloadRun(context, opened, { jobId, run, directory, isUnpacked: false, isForced: false });
  if (terminal.isJson) terminal.printJson({ jobId, run: withoutLinks(run), files });
  else printFiles(context, files);
}

/** Creating is not repeated once it may have happened; only the user can find out whether it did. */
async function sendJob(
  { terminal, signal }: CommandContext,
  { client, exports }: OpenedExports,
  job: NewJob,
): Promise<number> {
  await client.token({ signal });
  try {
    return (await exports.create(job, { signal })).jobId;
  } catch (error) {
    const isUnknown = signal.aborted || (error instanceof ClientError && error.kind !== "refused");
    if (isFieldRefused(error)) terminal.note(`The fields that there are: biped exports fields ${job.scope}`);
    if (isUnknown) terminal.note("Before you repeat it, see whether the job was created: biped exports list");
    throw error;
  }
}

/** Which fields there are is known to the service alone. */
function isFieldRefused(error: unknown): boolean {
  return error instanceof ClientError && /\bfieldName\b/.test(error.serverText ?? "");
}

const members = [
  "name",
  "format",
  "exportScope",
  "frequency",
  "from",
  "to",
  "fields",
  "device",
  "segment",
  "formulaGuard",
] as const;

function readOptions(options: JobOptions): NewJob {
  const { name, format = "JSONL", exportScope = "sessions", frequency, from, to, fields } = options;
  if (members.every((member) => options[member] === undefined)) {
    throw createUsageError(
      "A job needs --name, --frequency and --fields, or a --file",
      "See: biped exports create --help",
    );
  }
  const dateRange = from === undefined && to === undefined ? undefined : { from, to };
  const names = fields?.split(",").map((field) => ({ fieldName: field.trim() }));
  const job = {
    name,
    format,
    scope: exportScope,
    frequency: { value: frequency, ...(dateRange && { dateRange }) },
    fields: names,
    deviceLabel: options.device ?? "all",
    ...(options.segment !== undefined && { segmentId: options.segment }),
    ...(options.formulaGuard && { formulaGuard: true }),
  };
  return checkNewJob(job, undefined);
}

async function readJobFile({ terminal, workingDirectory }: CommandContext, file: string, options: JobOptions) {
  const also = members.find((member) => options[member] !== undefined);
  if (also !== undefined) {
    const option = also.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw createUsageError(`--file holds the whole job: leave out --${option}`);
  }
  const source = file === "-" ? "stdin" : file;
  const text =
    file === "-"
      ? await terminal.readInput()
      : (await readNamedFile(path.resolve(workingDirectory, file))).toString("utf8");
  const job = parseJson(text);
  if (job === undefined) throw createUsageError(`${source} is not JSON`);
  return checkNewJob(job, source);
}
