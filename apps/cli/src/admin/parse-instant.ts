const form = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** ISO 8601: a date, which is its beginning in UTC, or a date and time with their zone. Undefined for anything else. */
export function parseInstant(text: string): string | undefined {
  const [, year = "", month = "", day = ""] = form.exec(text) ?? [];
  const milliseconds = year === "" ? Number.NaN : Date.parse(text);
  // A 30th of February would silently be a day in March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(milliseconds) || Number(day) > lastDay ? undefined : new Date(milliseconds).toISOString();
}
