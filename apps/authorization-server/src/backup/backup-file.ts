import type { KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { verifyAuditLog } from "@biped/management-client/audit-chain";
import { readEachEvent } from "../audit-log/read-events.ts";
import { formatTime } from "../instant.ts";
import { syncDirectoryOf, writeNewFile } from "../new-file.ts";
import { backUpStorage } from "../storage/backup/back-up-storage.ts";
import { checkDatabaseFile } from "../storage/backup/check-file.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { AuditEvent } from "../storage/storage.ts";
import { encryptFile } from "./encrypted-file.ts";
import { withoutTraces } from "./without-traces.ts";

export type MadeBackup = {
  readonly file: string;
  readonly bytes: number;
  readonly encrypted: boolean;
  /** Of the last change that is in it. */
  readonly sequence: number;
  readonly at: string;
};

/**
 * A backup of the store as it is now, checked as a restore would check it. It has its name once it is whole and on the
 * disk.
 * @param recipient Without one the file is plain: private keys and pepper are sealed in it, names and addresses not.
 */
export async function makeBackup(
  databaseUrl: string,
  file: string,
  recipient: KeyObject | undefined,
): Promise<MadeBackup> {
  if (existsSync(file)) throw new Error(`${file} exists already; a backup is never overwritten`);
  const [plain, sealed] = [`${file}.plain-part`, `${file}.part`];
  const parts = listParts(file);
  for (const part of parts) rmSync(part, { force: true });
  return withoutTraces(parts, async () => {
    writeNewFile(plain, "");
    await backUpStorage(databaseUrl, plain);
    const last = await checkBackup(plain);
    if (last === undefined) throw new Error("The store is empty, so that there is nothing to back up");
    if (recipient === undefined) renameSync(plain, sealed);
    else await encryptFile(plain, sealed, recipient);
    syncFile(sealed);
    renameSync(sealed, file);
    syncDirectoryOf(file);
    const made = { file, bytes: statSync(file).size, encrypted: recipient !== undefined };
    return { ...made, sequence: last.sequence, at: formatTime(last.at) };
  });
}

/** Of a backup that was broken off, too; SQLite has a log and an index beside its file while it is open. */
function listParts(file: string): readonly string[] {
  const plain = `${file}.plain-part`;
  return [plain, `${plain}-wal`, `${plain}-shm`, `${plain}-journal`, `${file}.part`];
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The last change in a plain backup, undefined if it has none. One of an older version is brought to this one.
 * @throws Error with one line where it is damaged, or its audit log is not whole.
 */
export async function checkBackup(path: string): Promise<AuditEvent | undefined> {
  await checkDatabaseFile(path);
  const storage = await openStorage(`sqlite:${path}`);
  try {
    const { findAuditHead: findHead } = storage;
    const { fault, last } = await verifyAuditLog({ events: readEachEvent(storage), heads: [], findHead });
    if (fault !== undefined) throw new Error(`The audit log of ${path}: event ${fault.sequence} is ${fault.reason}.`);
    return (await storage.listAuditEvents(last.sequence - 1, 1))[0];
  } finally {
    await storage.close();
  }
}
