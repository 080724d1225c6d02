import { Temporal } from "temporal-polyfill";
import type { DateRange, FrequencyValue, Job } from "../jobs/job.ts";
import type { NewRun } from "../storage/storage.ts";

export type Schedule = {
  readonly frequency: Exclude<FrequencyValue, "once">;
  /** A name of the IANA database. */
  readonly timeZone: string;
};

export type Timing = {
  readonly nowSeconds: number;
  /** After the end of a period, until its data is expected to be complete. */
  readonly delaySeconds: number;
};

/** What a job begins with: its date range, or the period that contains now. */
export function planFirstRun(
  { frequency }: Pick<Job, "frequency">,
  { timeZone, nowSeconds, delaySeconds }: Timing & Pick<Schedule, "timeZone">,
): NewRun {
  if (frequency.value === "once") {
    const { period, dueAt } = formatNewRun(frequency.dateRange, delaySeconds);
    return { period, dueAt: Math.max(dueAt, Math.floor(nowSeconds)) };
  }
  const schedule = { frequency: frequency.value, timeZone };
  const from = findPeriodStart(Math.floor(nowSeconds * 1000), schedule);
  return formatNewRun({ from, to: findPeriodEnd(from, schedule) }, delaySeconds);
}

/**
 * The period that begins where the one before ended; after a change of the time zone, up to the new one's next boundary.
 * Periods that came due more than `catchUpSeconds` ago are skipped; with 0, all that have come due.
 * @param previousEnd Epoch milliseconds.
 */
export function planNextRun(
  previousEnd: number,
  schedule: Schedule,
  { nowSeconds, delaySeconds, catchUpSeconds }: Timing & { readonly catchUpSeconds: number },
): NewRun {
  const to = findPeriodEnd(previousEnd, schedule);
  const oldestEnd = Math.floor((nowSeconds - delaySeconds - catchUpSeconds) * 1000);
  if (to >= oldestEnd) return formatNewRun({ from: previousEnd, to }, delaySeconds);
  const from = findPeriodStart(oldestEnd - 1, schedule);
  return formatNewRun({ from, to: findPeriodEnd(from, schedule) }, delaySeconds);
}

function formatNewRun(period: DateRange, delaySeconds: number): NewRun {
  return { period, dueAt: Math.ceil(period.to / 1000) + delaySeconds };
}

/**
 * Where the period begins that holds the moment. Moments are epoch milliseconds. A day begins with the first moment of
 * its date, which is not midnight where summer time begins at midnight; an hour where local clocks show minute 0.
 */
export function findPeriodStart(at: number, { frequency, timeZone }: Schedule): number {
  return frequency === "daily" ? findDayStart(at, timeZone) : findHourStart(at, timeZone);
}

/** The first boundary after the moment. */
export function findPeriodEnd(from: number, { frequency, timeZone }: Schedule): number {
  return frequency === "daily" ? findDayEnd(from, timeZone) : findHourEnd(from, timeZone);
}

export function isTimeZone(name: string): boolean {
  // ECMA-402 also takes offsets such as +01:00, which are no names and know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const hourMilliseconds = 3_600_000;

function findDayStart(at: number, timeZone: string): number {
  // Clocks put back across midnight return to the date before, whose next day has begun once already.
  const tomorrow = findDateStart(at, timeZone, 1);
  return tomorrow <= at ? tomorrow : findDateStart(at, timeZone, 0);
}

function findDayEnd(from: number, timeZone: string): number {
  const tomorrow = findDateStart(from, timeZone, 1);
  return tomorrow > from ? tomorrow : findDateStart(from, timeZone, 2);
}

/** The first moment of the local date so many days after that of the moment. */
function findDateStart(at: number, timeZone: string, daysLater: number): number {
  const date = toLocal(at, timeZone).toPlainDate().add({ days: daysLater });
  return date.toZonedDateTime({ timeZone }).epochMilliseconds;
}

/** Most clocks move by whole hours; those that do not, as on Lord Howe Island, have hours of another length. */
function findHourStart(at: number, timeZone: string): number {
  const offset = findOffset(at, timeZone);
  const start = at - findMillisecondsPastHour(at, timeZone);
  if (findOffset(start, timeZone) === offset) return start;
  // The transition itself is later than a start by the new offset, so that no hour begins with it.
  const moved = toLocal(at + 1, timeZone).getTimeZoneTransition("previous");
  return moved === null ? start : findHourStart(moved.epochMilliseconds - 1, timeZone);
}

function findHourEnd(from: number, timeZone: string): number {
  const end = from - findMillisecondsPastHour(from, timeZone) + hourMilliseconds;
  if (findOffset(end, timeZone) === findOffset(from, timeZone)) return end;
  const moved = toLocal(from, timeZone).getTimeZoneTransition("next");
  if (moved === null) return end;
  const at = moved.epochMilliseconds;
  return findMillisecondsPastHour(at, timeZone) === 0 ? at : findHourEnd(at, timeZone);
}

function findMillisecondsPastHour(at: number, timeZone: string): number {
  const past = (at + findOffset(at, timeZone)) % hourMilliseconds;
  return past < 0 ? past + hourMilliseconds : past;
}

function findOffset(at: number, timeZone: string): number {
  return toLocal(at, timeZone).offsetNanoseconds / 1_000_000;
}

function toLocal(at: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
}
