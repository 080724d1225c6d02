import { lstat, mkdir } from "node:fs/promises";
import path from "node:path";
import { ClientError, type ExportFile, type Job, type Run } from "@biped/client";
import type { CommandContext } from "../command-context.ts";
import { CommandError, createLocalError } from "../command-error.ts";
import { type DownloadRecord, openDownloadRecord } from "../download/download-record.ts";
import { formatBytes } from "../download/format-bytes.ts";
import { createProgressBar } from "../download/progress-bar.ts";
import { measureFile, saveFile } from "../download/save-file.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OpenedExports } from "./open-exports.ts";
import { refuseUnfinishedRun } from "./wait-command.ts";

export type DownloadRequest = {
  readonly jobId: number;
  readonly run: Run;
  readonly directory: string;
  readonly isUnpacked: boolean;
  /** A file that is there already is replaced. */
  readonly isForced: boolean;
};

export type Downloaded = { readonly partId: number; readonly path: string; readonly bytes: number };

type Plan = {
  readonly file: ExportFile;
  readonly name: string;
  readonly finalName: string;
  readonly isDone: boolean;
};

/** All files of a run, one after the other. What is complete already of an unfinished download is not fetched again. */
export async function downloadRun(
  context: CommandContext,
  opened: OpenedExports,
  request: DownloadRequest,
): Promise<readonly Downloaded[]> {
  const { jobId, run, directory } = request;
  const { jobRunId: runId, files = [] } = run;
  if (files.length === 0 || (run.state ?? "SUCCESS") !== "SUCCESS") refuseUnfinishedRun(jobId, run);
  refuseRepeatedParts(files);
  const { projectId } = await opened.client.token({ signal: context.signal });
  const extension = findExtension(await opened.exports.get(jobId, { signal: context.signal }));
  await mkdir(directory, { recursive: true });
  const recordFile = path.join(directory, `job-${jobId}-run-${runId}.download.json`);
  const record = await openDownloadRecord(recordFile, { service: opened.service, projectId, jobId, runId });
  const plans = await Promise.all(files.map((file) => planFile(file, { ...request, extension, record })));
  const saved: Downloaded[] = [];
  for (const plan of plans) saved.push(await downloadFile(context, opened, { ...request, ...plan, record }));
  await record.remove();
  return saved;
}

/** Two files under one name would be one file at the end. */
function refuseRepeatedParts(files: readonly ExportFile[]): void {
  if (new Set(files.map(({ partId }) => partId)).size === files.length) return;
  throw new CommandError("The answer is not of this protocol: two files of the run have the same number", {
    exitCode: exitCodes.notOauth,
    code: "UNEXPECTED_ANSWER",
  });
}

/** Names are made of numbers alone, whatever the service says. */
async function planFile(
  file: ExportFile,
  { jobId, run, directory, isUnpacked, isForced, extension, record }: DownloadRequest & Planning,
): Promise<Plan> {
  const unpackedName = `job-${jobId}-run-${run.jobRunId}-part-${file.partId}.${extension}`;
  const name = `${unpackedName}.gz`;
  const finalName = isUnpacked ? unpackedName : name;
  const target = path.join(directory, finalName);
  const isThere = await lstat(target).then(
    () => true,
    () => false,
  );
  const isDone = isThere && record.find(name)?.savedAs === finalName;
  if (!isThere || isDone || isForced) return { file, name, finalName, isDone };
  const next = "Replace it with --force, or choose another folder with --output.";
  throw createLocalError(`${target} is there already`, "FILE_EXISTS", next);
}

type Planning = { readonly extension: string; readonly record: DownloadRecord };

async function downloadFile(
  context: CommandContext,
  opened: OpenedExports,
  { jobId, run, directory, isUnpacked, record, ...plan }: DownloadRequest & Plan & Pick<Planning, "record">,
): Promise<Downloaded> {
  const { terminal, signal, nowMilliseconds } = context;
  const { file, name, finalName } = plan;
  const { partId } = file;
  if (plan.isDone) {
    const target = path.join(directory, finalName);
    return { partId, path: target, bytes: await measureFile(target) };
  }
  const renewLink = () => renewFile(opened, { jobId, runId: run.jobRunId, partId, signal });
  const bar = createProgressBar(terminal, nowMilliseconds, `part ${partId} of ${run.files?.length ?? 1}`);
  try {
    const saved = await saveFile({
      directory,
      name,
      finalName,
      isUnpacked,
      record,
      signal,
      download: (options) => opened.exports.download(file, { ...options, renewLink }),
      onProgress: bar.update,
    });
    bar.clear();
    if (saved.resumedFrom > 0) terminal.note(`${finalName}: went on after ${formatBytes(saved.resumedFrom)}.`);
    return { partId, path: saved.path, bytes: saved.bytes };
  } catch (error) {
    bar.clear();
    const part = path.join(directory, `${name}.part`);
    if (error instanceof ClientError) await tellWhatIsKept(context, part);
    throw error;
  }
}

async function tellWhatIsKept({ terminal }: CommandContext, part: string): Promise<void> {
  const bytes = await measureFile(part);
  if (bytes > 0) terminal.note(`${part} keeps ${formatBytes(bytes)}; the same command goes on from there.`);
}

type FileOfRun = {
  readonly jobId: number;
  readonly runId: number;
  readonly partId: number;
  readonly signal: AbortSignal;
};

async function renewFile({ exports }: OpenedExports, { jobId, runId, partId, signal }: FileOfRun): Promise<ExportFile> {
  const { files = [] } = await exports.run(jobId, runId, { signal });
  const file = files.find((each) => each.partId === partId);
  if (file !== undefined) return file;
  const next = `Files are kept for some days only. Other runs: biped exports runs ${jobId}`;
  throw createLocalError(`Part ${partId} of run ${runId} is no longer there`, "FILE_GONE", next);
}

function findExtension({ format }: Job): string {
  return format === "JSONL" ? "jsonl" : format === "CSV" ? "csv" : "data";
}
