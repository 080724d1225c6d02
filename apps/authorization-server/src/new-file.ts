import { closeSync, constants, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file that its owner alone may read, durably.
 * @throws Error if the file is there already: what it holds may be all that opens something.
 */
export function writeNewFile(path: string, text: string): void {
  const file = openNewFile(path);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncDirectoryOf(path);
}

/** The name of a file is the content of its directory, which a power cut can lose on its own. */
export function syncDirectoryOf(path: string): void {
  const directory = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function openNewFile(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw exists ? new Error(`${path} exists already; a key is never overwritten`, { cause }) : cause;
  }
}
