import { makeBackup } from "../backup/backup-file.ts";
import { createBackupKeys, readBackupPrivateKey, readBackupPublicKey } from "../backup/backup-keys.ts";
import { restoreBackup } from "../backup/restore-backup.ts";
import { describeGap } from "../backup/restored-store.ts";
import type { Config } from "../config.ts";
import { formatTime } from "../instant.ts";
import type { ServerParts } from "../start.ts";
import { openStorage } from "../storage/open-storage.ts";

export function createBackupKeyPair(privateFile: string, publicFile: string) {
  createBackupKeys(privateFile, publicFile);
  return { privateFile, publicFile };
}

/** Beside servers that go on, or without one. */
export function backUp({ databaseUrl }: Config, file: string, publicKeyFile: string | undefined) {
  const recipient = publicKeyFile === undefined ? undefined : readBackupPublicKey(publicKeyFile);
  return makeBackup(databaseUrl, file, recipient);
}

export type RestoreOptions = {
  readonly key?: string;
  readonly replay?: string;
  readonly acceptGap?: boolean;
};

type Clock = Pick<ServerParts, "nowSeconds">;

export async function restore(config: Config, file: string, options: RestoreOptions & Clock) {
  const { key, replay, acceptGap = false, nowSeconds } = options;
  if ((replay === undefined) !== acceptGap) {
    throw new Error(
      "Either --replay an export of the audit log, or --accept-gap: then what was revoked since lives again",
    );
  }
  const privateKey = key === undefined ? undefined : readBackupPrivateKey(key);
  const { databaseUrl, dataDirectory: directory } = config;
  const backup = { file, privateKey, auditExport: replay, directory };
  const restored = await restoreBackup(databaseUrl, backup, createAuthor(nowSeconds));
  const { backupSequence, replayedSequence, lacksFrom, lacksTo } = restored;
  return {
    backupSequence,
    replayedSequence,
    lacksFrom: formatTime(lacksFrom),
    lacksTo: formatTime(lacksTo),
    next: `This store ${describeGap(restored)}; confirm with: biped-server restore confirm`,
  };
}

export async function confirmRestore({ databaseUrl }: Config, { nowSeconds }: Clock) {
  const storage = await openStorage(databaseUrl);
  try {
    const confirmed = await storage.confirmRestore(createAuthor(nowSeconds));
    if (confirmed === undefined) throw new Error("There is nothing to confirm.");
    const { lacksFrom, lacksTo } = confirmed;
    return { lacksFrom: formatTime(lacksFrom), lacksTo: formatTime(lacksTo) };
  } finally {
    await storage.close();
  }
}

function createAuthor(nowSeconds: Clock["nowSeconds"]) {
  return { at: nowSeconds(), actor: "operator", requestId: undefined };
}
