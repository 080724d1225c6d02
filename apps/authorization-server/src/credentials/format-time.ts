/** Epoch seconds as ISO 8601 in UTC, to the second. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
