/** Epoch seconds as ISO 8601 in UTC, to the second. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

export function formatOptionalTime(seconds: number | undefined): string | null {
  return seconds === undefined ? null : formatTime(seconds);
}

/** Whole epoch seconds of an instant that the contract's schema has checked. */
export function parseInstant(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}
