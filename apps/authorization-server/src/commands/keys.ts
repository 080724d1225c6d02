import type { Config } from "../config.ts";
import { rotateSigningKey } from "../signing/change-signing-keys.ts";
import { createKeyEncryptionKeyFile, readKeyEncryptionKeyFile } from "../signing/key-encryption-key-file.ts";
import { nextSeconds } from "../signing/key-life-cycle.ts";
import { rotateKeyEncryptionKey } from "../signing/rotate-key-encryption-key.ts";
import { createKeyPolicy, type ServerParts } from "../start.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { SigningKey } from "../storage/storage.ts";

export async function listKeys(config: Config) {
  const storage = await openStorage(config.databaseUrl);
  try {
    return { keys: (await storage.listSigningKeys()).map(describeKey) };
  } finally {
    await storage.close();
  }
}

/** Adds the next key; every running server takes it into use by itself once it has been published long enough. */
export async function rotateKeys(config: Config, parts: ServerParts) {
  const storage = await openStorage(config.databaseUrl);
  try {
    const author = { at: parts.nowSeconds(), actor: "operator", requestId: undefined };
    if (!(await rotateSigningKey({ ...parts, storage, policy: createKeyPolicy(config) }, author))) {
      throw new Error("A rotation is under way already: there is a next key.");
    }
    const keys = await storage.listSigningKeys();
    const isFirst = keys.every((key) => key.state === "active");
    const signsAfter = isFirst ? author.at : author.at + nextSeconds;
    return { keys: keys.map(describeKey), signsAfter: formatTime(signsAfter) };
  } finally {
    await storage.close();
  }
}

/** The former key is the settings', or the one beside it. A second time, or after one that was broken off, it finishes. */
export async function rotateKeyEncryption(
  config: Config,
  { kek: held, nowSeconds }: Pick<ServerParts, "kek" | "nowSeconds">,
  toFile: string | undefined,
) {
  const kek = toFile === undefined ? held : { ...readKeyEncryptionKeyFile(toFile), former: held };
  if (kek.former === undefined) {
    throw new Error("Name the new key with --to-file, or set BIPED_FORMER_KEK_FILE beside the new one.");
  }
  const storage = await openStorage(config.databaseUrl);
  try {
    const author = { at: nowSeconds(), actor: "operator", requestId: undefined };
    return { keyEncryptionKey: kek.id, envelopes: await rotateKeyEncryptionKey(storage, kek, author) };
  } finally {
    await storage.close();
  }
}

export function createKey(file: string, randomBytes: (count: number) => Uint8Array) {
  createKeyEncryptionKeyFile(file, randomBytes(32));
  return { file };
}

function describeKey({ kid, algorithm, state, createdAt, stateSince }: SigningKey) {
  return { kid, algorithm, state, createdAt: formatTime(createdAt), stateSince: formatTime(stateSince) };
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
