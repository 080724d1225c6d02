import type { Config } from "../config.ts";
import { createKeyEncryptionKeyFile } from "../signing/key-encryption-key-file.ts";
import { nextSeconds } from "../signing/key-life-cycle.ts";
import { openSigningKeys, takeKeyStep } from "../signing/key-ring.ts";
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

const underWay = "A rotation is under way already: there is a next key.";

/** Adds the next key; every running server takes it into use by itself once it has been published long enough. */
export async function rotateKeys(config: Config, parts: ServerParts) {
  const storage = await openStorage(config.databaseUrl);
  try {
    const keys = await storage.listSigningKeys();
    openSigningKeys(keys, parts.kek);
    if (keys.some((key) => key.state === "next")) throw new Error(underWay);
    const state = keys.length === 0 ? "active" : "next";
    const author = { at: parts.nowSeconds(), actor: "operator", requestId: undefined };
    const step = { kind: "add", state } as const;
    const added = await takeKeyStep(step, { ...parts, storage, policy: createKeyPolicy(config) }, author);
    if (!added) throw new Error(underWay);
    const signsAfter = state === "active" ? author.at : author.at + nextSeconds;
    return { keys: (await storage.listSigningKeys()).map(describeKey), signsAfter: formatTime(signsAfter) };
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
