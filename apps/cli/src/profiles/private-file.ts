import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { createLocalError } from "../command-error.ts";
import { readFileIfThere } from "../named-file.ts";

/** Files that nobody but their owner reads: profiles and secrets. */

/** @throws {CommandError} others than the owner can read the file. Windows has no such mode. */
export async function readSecretFile(file: string): Promise<string | undefined> {
  const content = await readFileIfThere(file);
  if (content === undefined || process.platform === "win32") return content;
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return content;
  const shown = (mode & 0o777).toString(8);
  throw createLocalError(
    `${file} can be read by others (mode ${shown}), so the secrets in it may be known`,
    "FILE_NOT_PRIVATE",
    `Run: chmod 600 ${file}`,
  );
}

/** Under another name first, so that a reader sees the old content or the new, never half. Mode 0600. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const directory = path.dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, 0o600);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
