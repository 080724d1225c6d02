/** Each with its seconds, and how many of them are told before the next one is. */
const units = [
  ["minute", 60, 60],
  ["hour", 3600, 24],
  ["day", 86_400, 30],
  ["month", 2_592_000, 12],
  ["year", 31_536_000, Number.POSITIVE_INFINITY],
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "3 hours ago", "in 2 days": rounded, so that what was set to seven days reads so right after. */
export function formatRelative(instant: string, nowMs: number): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  const count = (length: number): number => Math.round(Math.abs(seconds) / length);
  // The service's clock may be ahead of the reader's: what has just been made is not said to come.
  if (count(60) === 0) return seconds > 0 ? "now" : "just now";
  const [unit, length] = units.find(([, each, most]) => count(each) < most) ?? units[4];
  return relative.format(Math.sign(seconds) * count(length), unit);
}

/** In the reader's zone, and named: "26 Nov 2026, 00:43:20 CET". */
export function formatExact(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(instant));
}

/** A day alone, in the reader's zone: "26 Nov 2026". */
export function formatDay(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(instant));
}

/** ISO 8601 in UTC, to the second, as logs have it. */
export function formatIso(instant: string): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}
