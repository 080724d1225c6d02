/** Days of a time zone that need not be the reader's, by what the browser knows of it. */

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** More than any zone is ahead of UTC or behind it. */
const farthestMinutes = 15 * 60;

/** The first instant of a day, such as `2026-11-03`, in epoch milliseconds. Undefined for what is no day. */
export function findDayStart(day: string, timeZone: string): number | undefined {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(midnight) || formatDay(midnight, "UTC") !== day) return undefined;
  // Some days have no midnight. The first minute that belongs to the day is found by halving.
  let [before, within] = [-farthestMinutes, farthestMinutes];
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (formatDay(midnight + middle * minuteMs, timeZone) < day) before = middle;
    else within = middle;
  }
  return midnight + within * minuteMs;
}

/** The first instant that is no more in the day. */
export function findDayEnd(day: string, timeZone: string): number | undefined {
  return findDayStart(addDays(day, 1), timeZone);
}

/** `2026-11-03`, as date fields have it. */
export function formatDay(epochMilliseconds: number, timeZone: string): string {
  const { year, month, day } = readParts(epochMilliseconds, timeZone);
  return `${year.padStart(4, "0")}-${month}-${day}`;
}

/** Whole days later in the calendar; what is no day stays as it is. */
export function addDays(day: string, days: number): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? day : new Date(at + days * dayMs).toISOString().slice(0, 10);
}

type Period = { readonly from: string; readonly to: string };

/** "3 Nov 2026", "3 Nov 2026, 08:00 to 09:00", "3 Nov 2026 to 9 Nov 2026": as short as it can be told. */
export function formatPeriod({ from, to }: Period, timeZone: string): string {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const [firstDay, lastDay] = [formatDay(start, timeZone), formatDay(end - 1, timeZone)];
  if (findDayStart(firstDay, timeZone) === start && findDayEnd(lastDay, timeZone) === end) {
    return firstDay === lastDay
      ? tellDay(start, timeZone)
      : `${tellDay(start, timeZone)} to ${tellDay(end - 1, timeZone)}`;
  }
  const first = `${tellDay(start, timeZone)}, ${tellTime(start, timeZone)}`;
  if (firstDay === lastDay) return `${first} to ${tellTime(end, timeZone)}`;
  return `${first} to ${tellDay(end, timeZone)}, ${tellTime(end, timeZone)}`;
}

function tellDay(epochMilliseconds: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone });
  return format.format(epochMilliseconds);
}

function tellTime(epochMilliseconds: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(epochMilliseconds);
}

function readParts(epochMilliseconds: number, timeZone: string) {
  const format = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "2-digit", day: "2-digit", timeZone });
  const parts = new Map(format.formatToParts(epochMilliseconds).map(({ type, value }) => [type, value]));
  return { year: parts.get("year") ?? "", month: parts.get("month") ?? "", day: parts.get("day") ?? "" };
}
