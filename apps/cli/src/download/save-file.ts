import { constants } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ClientError, type DownloadOptions } from "@biped/client";
import { CommandError, createLocalError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { checkDigest } from "./check-digest.ts";
import type { DownloadRecord, RecordedFile } from "./download-record.ts";
import { formatBytes } from "./format-bytes.ts";
import { checkGzipFile, isGzipFile, unpackGzipFile } from "./gzip-file.ts";
import type { Progress } from "./progress-bar.ts";

export type FileToSave = {
  readonly directory: string;
  /** Of the file as it is sent, such as `job-12-run-77-part-1.jsonl.gz`. */
  readonly name: string;
  /** Its final name: the same, or the one without `.gz` of a file that is to be unpacked. */
  readonly finalName: string;
  readonly isUnpacked: boolean;
  readonly record: DownloadRecord;
  readonly download: (options: DownloadOptions) => Promise<AsyncIterable<Uint8Array>>;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
  /** What writes; for tests. */
  readonly open?: (file: string, flags: string | number) => Promise<Pick<FileHandle, "write" | "sync" | "close">>;
};

export type SavedFile = { readonly path: string; readonly bytes: number; readonly resumedFrom: number };

/**
 * Saves a download under its final name once it is complete and on the disk. Until then it is NAME.part, which is kept
 * when something goes wrong; bytes are kept as they are sent and unpacked at the end, so that a later call can go on.
 */
export async function saveFile(file: FileToSave): Promise<SavedFile> {
  const part = `${path.join(file.directory, file.name)}.part`;
  try {
    const resumedFrom = await receive(file, part);
    return { ...(await finish(file, part, resumedFrom)), resumedFrom };
  } catch (error) {
    const kept = await measureFile(part);
    if (kept === 0) await Promise.all([rm(part, { force: true }), file.record.forget(file.name)]);
    throw explain(error, { part, kept, isAborted: file.signal.aborted });
  }
}

/** @returns How many bytes an earlier download had left. */
async function receive(file: FileToSave, part: string): Promise<number> {
  const known = file.record.find(file.name);
  const left = known === undefined ? 0 : await measureFile(part);
  const offset = left <= (known?.total ?? left) ? left : 0;
  if (offset > 0 && offset === known?.total) return offset;
  await file.record.save(file.name, offset > 0 ? { total: known?.total, sha256: known?.sha256 } : {});
  if ((await receiveFrom(file, part, offset)) === "complete") return offset;
  await file.record.save(file.name, {});
  await receiveFrom(file, part, 0);
  return 0;
}

/** RFC 9110 §15.5.17: a file that is shorter than what lies here answers 416. */
const changeCodes: ReadonlySet<string> = new Set(["FILE_CHANGED", "HTTP_416"]);

/** "changed": what lies there is the beginning of another file. */
async function receiveFrom(file: FileToSave, part: string, offset: number): Promise<"complete" | "changed"> {
  const { record, name, signal, download, onProgress } = file;
  let progress: Progress = { received: offset, total: undefined, resumedFrom: offset };
  let sha256: string | undefined;
  const handle = await openPart(file, part, offset);
  try {
    const chunks = await download({
      offset,
      signal,
      onDigest: (told) => {
        sha256 = told;
      },
      onProgress: (received, total) => {
        progress = { ...progress, received, total };
      },
    });
    let position = offset;
    for await (const chunk of chunks) {
      if (position === offset) {
        const before = record.find(name) ?? {};
        if (isOtherFile(before, { total: progress.total, sha256 })) return "changed";
        await record.save(name, { total: progress.total ?? before.total, sha256: sha256 ?? before.sha256 });
      }
      position += await writeWhole(handle, chunk, position);
      onProgress(progress);
    }
    await handle.sync();
    return "complete";
  } catch (error) {
    if (offset > 0 && error instanceof ClientError && changeCodes.has(error.code)) return "changed";
    throw error;
  } finally {
    await handle.close();
  }
}

/** What a service does not say is not held against it. */
function isOtherFile(before: RecordedFile, now: RecordedFile): boolean {
  const isOther = <Value>(one: Value | undefined, other: Value | undefined): boolean =>
    one !== undefined && other !== undefined && one !== other;
  return isOther(before.total, now.total) || isOther(before.sha256, now.sha256);
}

/** A symbolic link that somebody put there is not followed. Windows has none of these flags. */
async function openPart({ open: openFile = open }: FileToSave, part: string, offset: number) {
  if (offset > 0) return openFile(part, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
  await rm(part, { force: true });
  return openFile(part, "wx");
}

async function writeWhole(handle: Pick<FileHandle, "write">, chunk: Uint8Array, position: number): Promise<number> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.byteLength - written, position + written);
    written += bytesWritten;
  }
  return chunk.byteLength;
}

async function finish(file: FileToSave, part: string, resumedFrom: number): Promise<Omit<SavedFile, "resumedFrom">> {
  const { directory, name, finalName, isUnpacked, record, signal } = file;
  const target = path.join(directory, finalName);
  const sha256 = record.find(name)?.sha256;
  const isPacked = await isGzipFile(part);
  try {
    if (sha256 !== undefined) await checkDigest(part, sha256, signal);
    if (isPacked && isUnpacked) {
      await unpackGzipFile(part, `${target}.part`, signal);
      await rename(`${target}.part`, target);
      await rm(part);
    } else {
      // Bytes of two downloads belong together only if a checksum of the whole says so.
      if (isPacked && resumedFrom > 0 && sha256 === undefined) await checkGzipFile(part, signal);
      await rename(part, target);
    }
  } catch (error) {
    if (error instanceof CommandError && error.code === "FILE_DAMAGED") await rm(part, { force: true });
    throw error;
  }
  const bytes = await measureFile(target);
  await record.save(name, { savedAs: finalName });
  return { path: target, bytes };
}

/** 0 for a file that is not there. */
export async function measureFile(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}

const diskFaults: ReadonlyMap<unknown, readonly [message: string, next: string]> = new Map([
  ["ENOSPC", ["The disk is full", "Make room"]],
  ["EDQUOT", ["The disk quota is used up", "Make room"]],
  ["EFBIG", ["The file is larger than is allowed here", "Raise the limit, or choose another folder with --output"]],
  ["EIO", ["The disk failed", "See to it"]],
]);

type Kept = { readonly part: string; readonly kept: number; readonly isAborted: boolean };

function explain(error: unknown, { part, kept, isAborted }: Kept): unknown {
  const keeps = kept > 0 ? `${part} keeps ${formatBytes(kept)}` : "";
  if (isAborted) {
    const next = kept > 0 ? `${keeps}; the same command goes on from there.` : undefined;
    return new CommandError("Stopped", { exitCode: exitCodes.interrupted, code: "INTERRUPTED", next });
  }
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const [message, mend] = diskFaults.get(code) ?? [];
  if (message === undefined) return error;
  const next = kept > 0 ? `${mend}; the same command goes on from there.` : `${mend}, and run the same command again.`;
  return createLocalError(kept > 0 ? `${message}: ${keeps}` : message, String(code), next);
}
