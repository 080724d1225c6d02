import type { KeyObject } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restoreStorage } from "../storage/backup/restore-storage.ts";
import { migrateStorage, openStorage } from "../storage/open-storage.ts";
import type { AuditEvent, Author, Restore } from "../storage/storage.ts";
import { checkBackup } from "./backup-file.ts";
import { decryptFile, isEncryptedFile } from "./encrypted-file.ts";
import { readLaterEvents } from "./later-events.ts";

export type BackupToRestore = {
  readonly file: string;
  /** Undefined for a plain file. */
  readonly privateKey: KeyObject | undefined;
  /** A JSONL export of the audit log that goes beyond the backup; undefined to do without. */
  readonly auditExport: string | undefined;
};

export type Restored = Restore & {
  /** The last event of the backup, and of the log as it was replayed. */
  readonly backupSequence: number;
  readonly replayedSequence: number;
};

/** @throws Error with one line; then the store is as it was. */
export async function restoreBackup(url: string, backup: BackupToRestore, author: Author): Promise<Restored> {
  const directory = await mkdtemp(join(tmpdir(), "biped-restore-"));
  try {
    const path = join(directory, "backup");
    await openBackup(backup, path);
    const last = await checkBackup(path);
    if (last === undefined) throw new Error(`${backup.file} is the backup of an empty store`);
    const storage = await openStorage(`sqlite:${path}`);
    try {
      const { auditExport } = backup;
      const list = () =>
        auditExport === undefined ? nothing() : readLaterEvents(auditExport, { storage, head: last });
      const end = await findLast(list(), last);
      const restore = { lacksFrom: end.at, lacksTo: author.at };
      await migrateStorage(url);
      await restoreStorage({ url, path, later: list(), restore }, author);
      return { ...restore, backupSequence: last.sequence, replayedSequence: end.sequence };
    } finally {
      await storage.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A copy, since a backup of an older version is brought to this one. */
async function openBackup({ file, privateKey }: BackupToRestore, path: string): Promise<void> {
  const isEncrypted = await isEncryptedFile(file);
  if (isEncrypted && privateKey === undefined) throw new Error(`${file} is encrypted: name its private key with --key`);
  if (isEncrypted && privateKey !== undefined) await decryptFile(file, path, privateKey);
  else await copyFile(file, path);
}

/** Read once to the end before anything is written: what is no whole export changes nothing. */
async function findLast(events: AsyncIterable<AuditEvent>, before: AuditEvent): Promise<AuditEvent> {
  let last = before;
  for await (const event of events) last = event;
  return last;
}

async function* nothing(): AsyncGenerator<AuditEvent, void, undefined> {}
