import { constants, mkdirSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { synchronize } from "../synchronize.ts";

/** The bytes of finished files: random names from the database, below one directory, for this user alone. */
export type FileStore = {
  /** An empty directory for one attempt, on the same file system as the kept files. @returns its absolute path. */
  readonly openWork: (leaseId: string) => Promise<string>;
  /** Moves a written and synchronised file of an attempt to its place, durably. Under this name nothing stood before. */
  readonly keep: (workFile: string, storedName: string) => Promise<void>;
  /** For reading. Undefined where there is none; never through a symbolic link. */
  readonly open: (storedName: string) => Promise<FileHandle | undefined>;
  /** Done also where it is gone already. */
  readonly remove: (storedName: string) => Promise<void>;
  /** With what is in it, finished or not. */
  readonly closeWork: (leaseId: string) => Promise<void>;
  /** What nobody has touched since: attempts that were killed, and files whether a run has them or not. */
  readonly findForgotten: (
    untouchedSince: Date,
  ) => Promise<{ readonly leaseIds: readonly string[]; readonly storedNames: readonly string[] }>;
};

const namePattern = /^[0-9a-f]{32}$/;
const directoryMode = 0o700;
const fileMode = 0o600;

/** @param directory Of this store alone; made where there is none. */
export function createFileStore(directory: string): FileStore {
  const workRoot = path.resolve(directory, "work");
  const fileRoot = path.resolve(directory, "files");
  for (const root of [workRoot, fileRoot]) mkdirSync(root, { recursive: true, mode: directoryMode });
  const locateWork = (leaseId: string): string => path.join(workRoot, checkName(leaseId));
  // In 256 directories, since some file systems are slow with very many names in one.
  const locate = (name: string): string => path.join(fileRoot, checkName(name).slice(0, 2), name);
  return {
    async openWork(leaseId) {
      const work = locateWork(leaseId);
      await mkdir(work, { mode: directoryMode });
      return work;
    },
    keep: (workFile, storedName) => keepFile({ workRoot, fileRoot }, workFile, locate(storedName)),
    open: (storedName) => openIfThere(locate(storedName)),
    remove: (storedName) => rm(locate(storedName), { force: true }),
    closeWork: (leaseId) => rm(locateWork(leaseId), { recursive: true, force: true }),
    async findForgotten(untouchedSince) {
      const isForgotten = async (entry: string): Promise<boolean> => (await findLastTouch(entry)) < +untouchedSince;
      const leaseIds = await findNames(workRoot, isForgotten);
      const storedNames: string[] = [];
      for (const part of await listIfThere(fileRoot)) {
        if (/^[0-9a-f]{2}$/.test(part)) storedNames.push(...(await findNames(path.join(fileRoot, part), isForgotten)));
      }
      return { leaseIds, storedNames };
    },
  };
}

/** A name is random and is never told, so that whatever has another form comes from a mistake, or from an attacker. */
function checkName(name: string): string {
  if (!namePattern.test(name)) throw new Error("A name of the file store must be 32 hexadecimal digits.");
  return name;
}

type Roots = { readonly workRoot: string; readonly fileRoot: string };

async function keepFile({ workRoot, fileRoot }: Roots, workFile: string, target: string): Promise<void> {
  const [leaseId = "", name = "", ...deeper] = path.relative(workRoot, path.resolve(workFile)).split(path.sep);
  if (!namePattern.test(leaseId) || name === "" || deeper.length > 0) {
    throw new Error("Only a file of an attempt's own directory can be kept.");
  }
  if ((await statIfThere(target)) !== undefined) throw new Error("A file of this name is kept already.");
  const file = await open(workFile, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error("Only a regular file can be kept.");
    await file.chmod(fileMode);
    await file.sync();
  } finally {
    await file.close();
  }
  await mkdir(path.dirname(target), { recursive: true, mode: directoryMode });
  await rename(workFile, target);
  await synchronize(path.dirname(target));
  // Another process may have made the directory, and not have got so far.
  await synchronize(fileRoot);
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ELOOP")) return undefined;
    throw error;
  }
}

async function findNames(
  directory: string,
  isForgotten: (entry: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const names = (await listIfThere(directory)).filter((name) => namePattern.test(name));
  const answers = await Promise.all(names.map((name) => isForgotten(path.join(directory, name))));
  return names.filter((_name, index) => answers[index]);
}

/** Epoch milliseconds; of a directory or of what is in it. What has gone meanwhile was touched just now. */
async function findLastTouch(entry: string): Promise<number> {
  const stats = await statIfThere(entry);
  if (stats === undefined) return Number.POSITIVE_INFINITY;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = await Promise.all((await listIfThere(entry)).map((name) => statIfThere(path.join(entry, name))));
  return Math.max(stats.mtimeMs, ...inside.map((file) => file?.mtimeMs ?? 0));
}

async function listIfThere(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function statIfThere(entry: string) {
  try {
    return await lstat(entry);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
