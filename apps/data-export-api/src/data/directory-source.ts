import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type DataSource, DataUnavailable, type FoundData, type WantedData } from "./data-source.ts";
import { locateDay } from "./day-directory.ts";
import { dayMilliseconds, listDays } from "./days.ts";

const maxDays = 366;

/** Data in a directory: of a disk, or of a mounted bucket. */
export function createDirectorySource(root: string): DataSource {
  return { find: (wanted) => findFiles(resolve(root), wanted) };
}

/** @throws RangeError for a period of more than 366 days. */
async function findFiles(root: string, wanted: WantedData): Promise<FoundData> {
  const { from, to } = wanted.period;
  if (to - from > maxDays * dayMilliseconds) throw new RangeError(`A period is at most ${maxDays} days long.`);
  const days = listDays(wanted.period);
  const found = await Promise.all(days.map((day) => listParquetFiles(locateDay(root, wanted, day))));
  return { files: found.flat(), missingDays: days.filter((_, index) => found[index]?.length === 0) };
}

/** In the order of their names. A name with a dot in front is being written by some program or other. */
export async function listParquetFiles(directory: string): Promise<readonly string[]> {
  const entries = await readDirectory(directory);
  const files = entries.filter((entry) => entry.isFile() && /^[^.].*\.parquet$/s.test(entry.name));
  return files.map(({ name }) => join(directory, name)).sort();
}

async function readDirectory(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new DataUnavailable("A directory of the data cannot be read.", { cause: error });
  }
}
