import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/engine.ts";
import type { ImportTask } from "../engine/task.ts";
import { checkRows, type RowCounts } from "./check-rows.ts";
import { type DataSet, locateDay } from "./day-directory.ts";
import { dayMilliseconds } from "./days.ts";
import { emptyDayFile } from "./empty-day.ts";
import { placeFile } from "./place-file.ts";

export type IngestParts = {
  /** Below it the data of all projects is kept. */
  readonly root: string;
  readonly engine: Pick<Engine, "run">;
  readonly nowSeconds: () => number;
  readonly onProgress: (counts: RowCounts) => void;
};

export type IngestRequest = DataSet & {
  /** JSONL or Parquet, which its first bytes tell. */
  readonly input: string;
  /** Written if there are rejects. */
  readonly rejectsFile: string;
  /** Days (UTC) of which this input is all there is: one without rows is an empty day then, not a missing one. */
  readonly coveredDays: readonly string[];
};

export type IngestedDay = {
  readonly day: string;
  readonly rowCount: number;
  /** Unchanged where the same rows of the same input lay there already. */
  readonly outcome: "placed" | "unchanged";
};

export type IngestOutcome = RowCounts & { readonly days: readonly IngestedDay[] };

/**
 * Brings rows in: each is stored, or written to the rejects with its reason. Days come into sight one by one, each whole;
 * if it was killed between two of them, running it again with the same input does the rest.
 * @throws EngineFailure for a Parquet file that cannot be read; Error for files that cannot be read or written.
 */
export async function ingest(parts: IngestParts, request: IngestRequest): Promise<IngestOutcome> {
  const { input, rejectsFile } = request;
  if (await isSameFile(input, rejectsFile)) throw new Error("The rejects would overwrite the input.");
  const root = resolve(parts.root);
  const inputId = (await hashFile(input)).slice(0, 32);
  const work = await openWork(root, parts.nowSeconds());
  try {
    const { counts, files } = await prepare(parts, request, work);
    const days: IngestedDay[] = [];
    for (const { day, rowCount, file } of files) {
      const outcome = await placeFile(file, locateDay(root, request, day), { inputId, rowCount });
      days.push({ day, rowCount, outcome });
    }
    return { ...counts, days };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type PreparedFile = { readonly day: string; readonly rowCount: number; readonly file: string };

/** All that takes time and may fail, while nothing is in sight yet. */
async function prepare(parts: IngestParts, request: IngestRequest, work: string) {
  const accepted = join(work, "rows.jsonl");
  const rejected = join(work, "rejects.jsonl");
  const input = (await isParquet(request.input)) ? await convertParquet(parts, request, work) : request.input;
  const place = { ...request, nowMilliseconds: parts.nowSeconds() * 1000 };
  const counts = await checkRows({ input, accepted, rejected }, place, parts.onProgress);
  if (counts.rejectedCount > 0) await copyFile(rejected, request.rejectsFile);
  const directory = await makeDirectory(work, "days");
  const task = { kind: "import", scope: request.scope, step: "lines-to-parquet", input: accepted, directory } as const;
  const imported = counts.acceptedCount > 0 ? (await parts.engine.run(task)).files : [];
  const full = imported.map(({ day, name, rowCount }) => ({ day, rowCount, file: join(directory, name) }));
  const emptyDays = request.coveredDays.filter((covered) => !full.some(({ day }) => day === covered));
  const empty = await writeEmptyDays(emptyDays, work);
  return { counts, files: [...full, ...empty].sort((one, other) => (one.day < other.day ? -1 : 1)) };
}

async function convertParquet({ engine }: IngestParts, { scope, input }: IngestRequest, work: string): Promise<string> {
  const directory = await makeDirectory(work, "lines");
  const task: ImportTask = { kind: "import", scope, step: "parquet-to-lines", input: resolve(input), directory };
  const { files } = await engine.run(task);
  const [lines] = files;
  if (lines === undefined) throw new Error("The engine made no lines of the Parquet file.");
  return join(directory, lines.name);
}

async function writeEmptyDays(days: readonly string[], work: string): Promise<readonly PreparedFile[]> {
  const directory = await makeDirectory(work, "empty-days");
  const files = days.map((day) => ({ day, rowCount: 0, file: join(directory, day) }));
  for (const { file } of files) await writeFile(file, emptyDayFile, { mode: 0o600 });
  return files;
}

const workPrefix = ".ingest-";

/** On the file system of the data: a finished file only has to be renamed. What a killed one left goes after a day. */
async function openWork(root: string, nowSeconds: number): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root)) {
    if (!name.startsWith(workPrefix)) continue;
    const { mtimeMs } = await stat(join(root, name));
    if (mtimeMs < nowSeconds * 1000 - dayMilliseconds) await rm(join(root, name), { recursive: true, force: true });
  }
  return await mkdtemp(join(root, workPrefix));
}

async function makeDirectory(parent: string, name: string): Promise<string> {
  const directory = join(parent, name);
  await mkdir(directory, { mode: 0o700 });
  return directory;
}

/** A whole Parquet file has the same mark at its end; half a one is for the engine to refuse. */
async function isParquet(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("latin1", 0, bytesRead) === "PAR1";
  } finally {
    await handle.close();
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

/** What cannot be looked at fails where it is read or written. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((file) => stat(file).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
