import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Lines outside the database, so that whoever changes the one does not thereby change the other. */
export type HeadFile = {
  /** Durable once it resolves. */
  readonly append: (line: string) => Promise<void>;
  /** All of them or, where it fails, none. */
  readonly replaceLines: (lines: readonly string[]) => Promise<void>;
  /** Oldest first; none while there is no file. */
  readonly readLines: () => Promise<readonly string[]>;
};

/** Only its owner may read or write it. */
export function createHeadFile(path: string): HeadFile {
  return {
    append: async (line) => {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "a+", 0o600);
      try {
        // What a power cut has torn off must not swallow the next line.
        const start = (await isAtStartOfLine(file)) ? "" : "\n";
        await file.appendFile(`${start}${line}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncDirectory(dirname(path));
    },
    replaceLines: async (lines) => {
      const part = `${path}.part`;
      await rm(part, { force: true });
      const file = await open(part, "wx", 0o600);
      try {
        await file.writeFile(lines.map((line) => `${line}\n`).join(""));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
      await syncDirectory(dirname(path));
    },
    readLines: async () => {
      const file = await openIfThere(path);
      if (file === undefined) return [];
      try {
        return (await file.readFile("utf8")).split("\n").filter((line) => line !== "");
      } finally {
        await file.close();
      }
    },
  };
}

async function isAtStartOfLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer.toString() === "\n";
}

/** The name of a file is the content of its directory, which a power cut can lose on its own. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
