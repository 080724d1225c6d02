import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { synchronize } from "../synchronize.ts";
import { listParquetFiles } from "./directory-source.ts";

/** A day's rows of one input: the name tells both, so that the same input finds what it left there before. */
export type DayFile = { readonly inputId: string; readonly rowCount: number };

/**
 * Moves a written file into a day, where it takes the place of the input's former one. Killed at any moment, the day has
 * one of the two whole. @returns whether the day is another one now.
 */
export async function placeFile(
  workFile: string,
  dayDirectory: string,
  { inputId, rowCount }: DayFile,
): Promise<"placed" | "unchanged"> {
  const target = join(dayDirectory, `${inputId}-${rowCount}.parquet`);
  const former = (await listParquetFiles(dayDirectory)).filter((file) => file.startsWith(join(dayDirectory, inputId)));
  if (former.includes(target)) return "unchanged";
  await synchronize(workFile);
  await makeDurableDirectory(dayDirectory);
  // Under the former name first: at no moment are both there, or none.
  const [place = target] = former;
  await rename(workFile, place);
  if (place !== target) await rename(place, target);
  await synchronize(dayDirectory);
  return "placed";
}

/** A directory's own entry is durable once its parent is synchronised. */
async function makeDurableDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await synchronize(dirname(made));
}
