import { mkdir, open, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { createLocalError } from "../command-error.ts";
import { nameFile } from "../named-file.ts";

/** Whoever holds a lock needs milliseconds; an older one was left by a command that was killed. */
const staleMilliseconds = 5_000;
const patienceMilliseconds = 15_000;

/**
 * Lets one command at a time read a file and write it anew, so that none undoes what another has just stored. It does
 * not keep out programs that know nothing of the lock, nor does it hold where two machines share a folder.
 */
export async function withFileLock<Value>(file: string, work: () => Promise<Value>): Promise<Value> {
  const lock = `${file}.lock`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const begin = performance.now();
  while (!(await takeLock(lock, file))) {
    if (performance.now() - begin > patienceMilliseconds) {
      const next = `Wait until it has ended. If there is none, delete ${lock}.`;
      throw createLocalError(`Another biped command is writing ${file}`, "FILE_BUSY", next);
    }
    await removeStale(lock);
    await setTimeout(10 + Math.random() * 40);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string, file: string): Promise<boolean> {
  try {
    await (await open(lock, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw nameFile(error, file);
  }
}

async function removeStale(lock: string): Promise<void> {
  const since = await stat(lock).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (Date.now() - since > staleMilliseconds) await rm(lock, { force: true });
}
