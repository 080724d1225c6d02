import type { KeyObject } from "node:crypto";
import { copyFile, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { formatTime } from "../instant.ts";
import { restoreStorage } from "../storage/backup/restore-storage.ts";
import { migrateStorage, openStorage } from "../storage/open-storage.ts";
import type { AuditEvent, Author, Restore } from "../storage/storage.ts";
import { checkBackup } from "./backup-file.ts";
import { decryptFile, isEncryptedFile } from "./encrypted-file.ts";
import { readLaterEvents } from "./later-events.ts";
import { withoutTraces } from "./without-traces.ts";

export type BackupToRestore = {
  readonly file: string;
  /** Undefined for a plain file. */
  readonly privateKey: KeyObject | undefined;
  /** A JSONL export of the audit log that goes beyond the backup; undefined to do without. */
  readonly auditExport: string | undefined;
  /** Where it lies in the clear meanwhile. */
  readonly directory: string;
};

export type Restored = Restore & {
  /** The last event of the backup, and of the log as it was replayed. */
  readonly backupSequence: number;
  readonly replayedSequence: number;
};

/** @throws Error with one line; then the store is as it was. */
export async function restoreBackup(url: string, backup: BackupToRestore, author: Author): Promise<Restored> {
  await mkdir(backup.directory, { recursive: true });
  const directory = await mkdtemp(join(backup.directory, "restore-"));
  return withoutTraces([directory], async () => {
    const path = join(directory, "backup");
    await openBackup(backup, path);
    const last = await checkCopy(path, backup.file);
    const storage = await openStorage(`sqlite:${path}`);
    try {
      const { auditExport } = backup;
      const list = () =>
        auditExport === undefined ? nothing() : readLaterEvents(auditExport, { storage, head: last });
      const end = await findLast(list(), last);
      refuseFormerTime(end, author);
      const restore = { lacksFrom: end.at, lacksTo: author.at };
      await migrateStorage(url);
      await restoreStorage({ url, path, later: list(), restore }, author);
      return { ...restore, backupSequence: last.sequence, replayedSequence: end.sequence };
    } finally {
      await storage.close();
    }
  });
}

/** A copy, since a backup of an older version is brought to this one. */
async function openBackup({ file, privateKey }: BackupToRestore, path: string): Promise<void> {
  const isEncrypted = await isEncryptedFile(file);
  if (isEncrypted && privateKey === undefined) throw new Error(`${file} is encrypted: name its private key with --key`);
  // Somebody else's file may have taken its place.
  if (!isEncrypted && privateKey !== undefined) throw new Error(`${file} is not encrypted: nothing in it needs --key`);
  if (privateKey === undefined) await copyFile(file, path);
  else await decryptFile(file, path, privateKey);
}

/** What is wrong with the copy is wrong with the file. */
async function checkCopy(path: string, file: string): Promise<AuditEvent> {
  try {
    const last = await checkBackup(path);
    if (last === undefined) throw new Error(`${file} is the backup of an empty store`);
    return last;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(error.message.replaceAll(path, file), { cause: error });
  }
}

/** All tokens from before the restore are to be void, and it is this clock that says when that was. */
function refuseFormerTime(end: AuditEvent, { at }: Author): void {
  if (at >= end.at) return;
  const times = `says ${formatTime(at)}, and the last change was at ${formatTime(end.at)}`;
  throw new Error(`The clock of this machine is wrong: it ${times}`);
}

/** Read once to the end before anything is written: what is no whole export changes nothing. */
async function findLast(events: AsyncIterable<AuditEvent>, before: AuditEvent): Promise<AuditEvent> {
  let last = before;
  for await (const event of events) last = event;
  return last;
}

async function* nothing(): AsyncGenerator<AuditEvent, void, undefined> {}
