import { createHash } from "node:crypto";
import type { Site } from "./sites.ts";

export const dayMilliseconds = 86_400_000;

/** What all rows of one project follow from. */
export type World = {
  readonly seed: number;
  readonly projectId: number;
  readonly site: Site;
  /** About how many sessions the busiest day of a week has. */
  readonly sessionsADay: number;
};

/** Visitors who came for the first time on one day, those from `from` up to `to`, all of whom visit again today. */
export type Visits = {
  /** Days since 1970, as everywhere here. */
  readonly firstDay: number;
  readonly sessionNumber: number;
  readonly from: number;
  readonly to: number;
};

/** Who comes how often: each part of a day's new visitors has one habit, in the order of its members. */
const habits = [
  { permille: 700, visits: 1, everyDays: 1 },
  { permille: 120, visits: 3, everyDays: 7 },
  { permille: 60, visits: 12, everyDays: 7 },
  { permille: 60, visits: 4, everyDays: 1 },
  { permille: 60, visits: 6, everyDays: 28 },
] as const;

const visitsOfThousand = habits.reduce((sum, { permille, visits }) => sum + permille * visits, 0);

/** Everybody's sessions of a day, new visitors and returning ones, told without making any other day. */
export function listVisits(world: World, day: number): readonly Visits[] {
  let begin = 0;
  return habits.flatMap(({ permille, visits, everyDays }) => {
    const [low, high] = [begin, begin + permille];
    begin = high;
    return Array.from({ length: visits }, (_, earlier) => {
      const firstDay = day - earlier * everyDays;
      const size = countNewVisitors(world, firstDay);
      const [from, to] = [Math.floor((size * low) / 1000), Math.floor((size * high) / 1000)];
      return { firstDay, sessionNumber: earlier + 1, from, to };
    });
  });
}

/** By the rhythm of the week, and up to 8 % more or less by chance. */
function countNewVisitors({ seed, projectId, site, sessionsADay }: World, day: number): number {
  // 1 January 1970 was a Thursday.
  const percent = site.weekdays[(day + 3) % 7] ?? 100;
  const chance = createHash("md5").update(`${seed}:${projectId}:${day}`).digest().readUInt16BE() % 161;
  return Math.floor((sessionsADay * 10 * percent * (920 + chance)) / (visitsOfThousand * 1000));
}
