import path from "node:path";
import type { DataExport, Run } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { formatBytes } from "../download/format-bytes.ts";
import { printTable } from "../terminal/table.ts";
import { type Downloaded, downloadRun } from "./download-run.ts";
import { parseId } from "./export-arguments.ts";
import { openExports } from "./open-exports.ts";

type Options = { readonly output: string; readonly gunzip?: true; readonly force?: true };

const examples = `
Files are named like job-12-run-77-part-1.jsonl.gz. One that is not complete is
named NAME.part, with a record beside it (job-12-run-77.download.json): the same
command goes on from there. With --gunzip too the bytes are kept as they are
sent, and unpacked when all of them are there; that takes room for both.

Examples:
  $ biped exports download 12
  $ biped exports download 12 77 --output exports --gunzip
  $ biped exports download 12 --json | jq -r '.files[].path'`;

export function addDownloadCommand(parent: Command, context: CommandContext): void {
  parent
    .command("download")
    .description("save the files of a run")
    .argument("<job>", "its number", parseId)
    .argument("[run]", "the run's number; the newest successful one without it", parseId)
    .option("--output <folder>", "where to; it is made if need be", ".")
    .option("--gunzip", "unpack the files")
    .option("--force", "replace files that are there already")
    .addHelpText("after", examples)
    .action((jobId: number, runId: number | undefined, options: Options, command: Command) =>
      download(context, { jobId, runId, ...options }, command),
    );
}

type Asked = Options & { readonly jobId: number; readonly runId: number | undefined };

async function download(context: CommandContext, asked: Asked, command: Command): Promise<void> {
  const { jobId, runId, output, gunzip, force } = asked;
  const opened = await openExports(context, command);
  const { signal } = context;
  const found = runId ?? (await findNewestRun(opened.exports, jobId, signal)).jobRunId;
  const run = await opened.exports.run(jobId, found, { signal });
  const directory = resolveFolder(context, output);
  const isUnpacked = gunzip === true;
  const files = await downloadRun(context, opened, { jobId, run, directory, isUnpacked, isForced: force === true });
  if (context.terminal.isJson) context.terminal.printJson({ jobId, runId: run.jobRunId, files });
  else printFiles(context, files);
}

async function findNewestRun(exports: DataExport, jobId: number, signal: AbortSignal): Promise<Run> {
  // A service may not know the filter, or not heed it.
  for await (const run of exports.runs(jobId, { state: "SUCCESS", order: "DESC", signal })) {
    if ((run.state ?? "SUCCESS") === "SUCCESS") return run;
  }
  const next = `Wait for one with: biped exports wait ${jobId}`;
  throw createLocalError(`Job ${jobId} has no successful run`, "NO_SUCCESSFUL_RUN", next);
}

/** Shown as it was given: relative to the working directory, or absolute. */
export function resolveFolder({ workingDirectory }: CommandContext, folder: string): string {
  if (path.isAbsolute(folder)) return path.normalize(folder);
  return path.relative(workingDirectory, path.resolve(workingDirectory, folder)) || ".";
}

export function printFiles({ terminal }: CommandContext, files: readonly Downloaded[]): void {
  const showSize = (bytes: number): string => (terminal.isOutputTerminal ? formatBytes(bytes) : String(bytes));
  printTable(terminal, { headers: ["file", "size"], rows: files.map((file) => [file.path, showSize(file.bytes)]) });
}
