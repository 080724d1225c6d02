const longestDays = 3650;

/** Undefined where it is no whole number of days that the service takes. */
export function parseLimitDays(text: string): number | undefined {
  const days = /^\d{1,4}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return days >= 1 && days <= longestDays ? days : undefined;
}

export function formatLimit(days: number | null): string {
  if (days === null) return "as long as whoever creates them wants";
  return days === 1 ? "at most 1 day" : `at most ${days} days`;
}
