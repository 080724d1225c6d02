import { parseInstant } from "../jobs/instant.ts";
import type { DateRange } from "../jobs/job.ts";

export const dayMilliseconds = 86_400_000;

/** The day in UTC, such as `2026-11-03`. */
export function formatDay(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().slice(0, 10);
}

/** Undefined for what is no day of the calendar. */
export function parseDay(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? parseInstant(text) : undefined;
}

/** The days (UTC) of which the period holds at least a moment. */
export function listDays({ from, to }: DateRange): readonly string[] {
  const first = Math.floor(from / dayMilliseconds);
  const count = Math.ceil(to / dayMilliseconds) - first;
  return Array.from({ length: Math.max(0, count) }, (_, index) => formatDay((first + index) * dayMilliseconds));
}
