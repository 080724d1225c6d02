import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { writeNewFile } from "../new-file.ts";
import { createKeyEncryptionKey, type KeyEncryptionKey } from "./envelope.ts";

/**
 * Reads 32 bytes in base64 (44 characters) from a file that only its owner may read.
 * @throws Error that names the file and what is wrong with it.
 */
export function readKeyEncryptionKeyFile(path: string): KeyEncryptionKey {
  const file = openKeyFile(path);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error(`${path} is not a file`);
    const { mode } = found;
    if ((mode & 0o077) !== 0) {
      throw new Error(`${path} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it`);
    }
    return parseKeyEncryptionKey(readFileSync(file, "utf8"), path);
  } finally {
    closeSync(file);
  }
}

/** @throws Error that names where the text was, and tells nothing of it. */
export function parseKeyEncryptionKey(content: string, place: string): KeyEncryptionKey {
  const text = content.trim();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) throw new Error(`${place} must hold 32 bytes in base64`);
  return createKeyEncryptionKey(Buffer.from(text, "base64"));
}

function openKeyFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw isMissing
      ? new Error(`${path} is not there. Make a key with: biped-server keys create-kek`, { cause })
      : cause;
  }
}

/**
 * Writes a new key of 32 bytes, mode 0600, durably: what it will wrap is lost without it.
 * @throws Error if the file is there already: a key is never overwritten.
 */
export function createKeyEncryptionKeyFile(path: string, bytes: Uint8Array): void {
  createKeyEncryptionKey(bytes);
  writeNewFile(path, `${Buffer.from(bytes).toString("base64")}\n`);
}
