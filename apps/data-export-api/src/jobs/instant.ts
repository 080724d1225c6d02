/**
 * ISO 8601, extended format: a date, or a date and a time. What names no offset is UTC, a date alone its midnight:
 * this API does not know the project's time zone. The years keep every answer at four digits.
 */
const pattern =
  /^((?:19[7-9]|2\d\d)\d)-(\d\d)-(\d\d)(?:T((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

export const instantRule = "must be an ISO 8601 date, or date and time, such as 2026-11-03 or 2026-11-03T08:30:00Z";

/** Epoch milliseconds; what is finer is cut off. Undefined for anything else, the 30th of February included. */
export function parseInstant(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, time = "00:00", second = "00", fraction = "", offset = "Z"] = match;
  const date = `${year}-${month}-${day}`;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // Date.parse rolls the 30th of February over into March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  const milliseconds = fraction.padEnd(3, "0").slice(0, 3);
  return Date.parse(`${date}T${time}:${second}.${milliseconds}${offset}`);
}

/** ISO 8601 in UTC, with milliseconds only where there are some. */
export function formatInstant(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replace(".000Z", "Z");
}
