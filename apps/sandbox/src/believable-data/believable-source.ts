import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  createDirectorySource,
  type DataSource,
  DataUnavailable,
  locateDay,
  type WantedData,
} from "@biped/data-export-api";
import { formatStatements } from "./day-statements.ts";
import { runStatements } from "./run-statements.ts";
import { findSite } from "./sites.ts";
import { dayMilliseconds } from "./visitors.ts";

export type BelievableSettings = {
  /** Where what was made is kept. It may be deleted at any time: the same rows are made again. */
  readonly directory: string;
  readonly seed: number;
  /** About how many a project has on the busiest day of a week. */
  readonly sessionsADay: number;
  readonly nowSeconds: () => number;
};

export type BelievableSource = DataSource & {
  /** Ends what is being made. */
  readonly close: () => Promise<void>;
};

/** Thirteen months. */
const keptDays = 396;

/**
 * SIMULATED: nobody visited anything. The sessions and views of a day are made when they are first asked for, from the
 * seed, the project and the day alone. Of today there is the whole day, of later days and of those long ago nothing.
 */
export function createBelievableSource(settings: BelievableSettings): BelievableSource {
  // Another seed, or more sessions, make other rows; so does a release that makes them otherwise.
  const { seed, sessionsADay } = settings;
  const root = resolve(settings.directory, `edition-1-seed-${seed}-sessions-${sessionsADay}`);
  const directory = createDirectorySource(root);
  const closing = new AbortController();
  // What a program that was killed left half made goes first.
  let turn: Promise<void> = rm(join(root, "making"), { recursive: true, force: true });
  const findMakeable = async (wanted: WantedData): Promise<readonly number[]> => {
    const { missingDays } = await directory.find(wanted);
    const today = Math.floor((settings.nowSeconds() * 1000) / dayMilliseconds);
    const days = missingDays.map((day) => Date.parse(day) / dayMilliseconds);
    return days.filter((day) => day <= today && day >= today - keptDays);
  };
  const find: DataSource["find"] = async (wanted) => {
    if ((await findMakeable(wanted)).length > 0) {
      // One after the other: one process is enough, and who waited for the same days finds them made.
      const made = turn.then(async () => {
        const days = await findMakeable(wanted);
        if (days.length > 0) await makeDays({ ...settings, ...wanted, root, days }, closing.signal);
      });
      turn = made.catch(() => {});
      await made;
    }
    return directory.find(wanted);
  };
  const close = async (): Promise<void> => {
    closing.abort(new DataUnavailable("The sandbox stops."));
    await turn;
  };
  return { find, close };
}

type Making = Omit<WantedData, "period"> & {
  readonly root: string;
  readonly days: readonly number[];
  readonly seed: number;
  readonly sessionsADay: number;
};

async function makeDays(making: Making, signal: AbortSignal): Promise<void> {
  const { root, projectId, scope, days, seed, sessionsADay } = making;
  const workDirectory = join(root, "making", randomUUID());
  const files = days.map((day) => ({ day, file: join(workDirectory, `${day}.parquet`) }));
  const world = { seed, projectId, site: findSite(projectId), sessionsADay };
  try {
    await mkdir(workDirectory, { recursive: true, mode: 0o700 });
    const statements = formatStatements(world, scope, files);
    await runStatements({ statements, spillDirectory: join(workDirectory, "spilled") }, signal);
    for (const { day, file } of files) await placeFile(file, locateDay(root, { projectId, scope }, formatDay(day)));
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

/** It is on the disk before it has its name, so that the name never stands for half of it. */
async function placeFile(file: string, dayDirectory: string): Promise<void> {
  const handle = await open(file, "r");
  await handle.sync();
  await handle.close();
  await mkdir(dayDirectory, { recursive: true, mode: 0o700 });
  await rename(file, join(dayDirectory, "believable.parquet"));
}

function formatDay(day: number): string {
  return new Date(day * dayMilliseconds).toISOString().slice(0, 10);
}
