import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { isJsonObject, parseJson } from "../json.ts";
import { readFileIfThere } from "../named-file.ts";

/** Whose files they are. Links change with every reading of a run, so that they are no part of it. */
export type DownloadIdentity = {
  readonly service: string;
  readonly projectId: number;
  readonly jobId: number;
  readonly runId: number;
};

export type RecordedFile = {
  /** Bytes as they are sent, once the service has said it. */
  readonly total?: number | undefined;
  /** Of the whole file as it is sent, in base64, where the service says it. */
  readonly sha256?: string | undefined;
  /** The file's final name, once it is complete. */
  readonly savedAs?: string | undefined;
};

/** What an unfinished download has done so far, beside its files, so that a later one can go on with it. */
export type DownloadRecord = {
  /** Undefined when nothing of this file is known; what lies there then belongs to something else. */
  readonly find: (name: string) => RecordedFile | undefined;
  readonly save: (name: string, file: RecordedFile) => Promise<void>;
  /** Of this file nothing is kept. A record of nothing is deleted. */
  readonly forget: (name: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** A record of another run, or one that cannot be read, counts as none. */
export async function openDownloadRecord(path: string, identity: DownloadIdentity): Promise<DownloadRecord> {
  const files = await readFiles(path, identity);
  return {
    find: (name) => files.get(name),
    save: async (name, file) => {
      files.set(name, file);
      const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
      try {
        await writeFile(draft, `${JSON.stringify({ ...identity, files: Object.fromEntries(files) })}\n`, {
          flag: "wx",
        });
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
    forget: async (name) => {
      files.delete(name);
      if (files.size === 0) await rm(path, { force: true });
    },
    remove: () => rm(path, { force: true }),
  };
}

async function readFiles(path: string, identity: DownloadIdentity): Promise<Map<string, RecordedFile>> {
  const content = parseJson((await readFileIfThere(path)) ?? "");
  const isSame = Object.entries(identity).every(([name, value]) => readMember(content, name) === value);
  const files = readMember(content, "files");
  if (!isSame || !isJsonObject(files)) return new Map();
  return new Map(Object.entries(files).map(([name, file]) => [name, readFileRecord(file)]));
}

function readFileRecord(value: unknown): RecordedFile {
  const total = readMember(value, "total");
  const [sha256, savedAs] = [readText(value, "sha256"), readText(value, "savedAs")];
  return { total: Number.isSafeInteger(total) ? Number(total) : undefined, sha256, savedAs };
}

function readText(value: unknown, name: string): string | undefined {
  const text = readMember(value, name);
  return typeof text === "string" ? text : undefined;
}

function readMember(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
