/** Sessions to export: believable ones of one day, made once, in as many files of the same rows as are asked for. */

import { linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { locateDay } from "../../apps/data-export-api/src/data/day-directory.ts";
import type { DateRange } from "../../apps/data-export-api/src/jobs/job.ts";
import { createBelievableSource } from "../../apps/sandbox/src/believable-data/believable-source.ts";

export type SessionFiles = {
  /** What an API is told as its directory of data. */
  readonly root: string;
  readonly projectId: number;
  /** The day, a Monday, which is the busiest of the week. */
  readonly period: DateRange;
  /** Ten, each with all sessions of the day once. A reader of Parquet does not notice; nothing is kept between files. */
  readonly files: readonly string[];
};

const monday = Date.UTC(2026, 10, 2);
export const busiestDay: DateRange = { from: monday, to: monday + 86_400_000 };
const projectId = 42;
const copies = 10;

export async function makeSessionFiles(folder: string, sessionsADay: number): Promise<SessionFiles> {
  const made = await makeSessions(join(folder, "made"), sessionsADay);
  const day = locateDay(folder, { projectId, scope: "sessions" }, "2026-11-02");
  mkdirSync(day, { recursive: true });
  const files = Array.from({ length: copies }, (_, index) => join(day, `${index}.parquet`));
  for (const file of files) linkSync(made, file);
  return { root: folder, projectId, period: busiestDay, files };
}

/** As the sandbox makes them when they are first asked for. */
export async function makeSessions(directory: string, sessionsADay: number): Promise<string> {
  const nowSeconds = (): number => busiestDay.to / 1000;
  const source = createBelievableSource({ directory, seed: 1, sessionsADay, nowSeconds });
  const { files } = await source.find({ projectId, scope: "sessions", period: busiestDay });
  await source.close();
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error("The sandbox made no file of the day, or several.");
  return file;
}
