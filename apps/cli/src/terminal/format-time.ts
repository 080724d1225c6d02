const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** The largest whole unit: "3 days", "1 hour", "0 seconds". */
export function formatDuration(seconds: number): string {
  const [name, size] = units.find(([, each]) => seconds >= each) ?? ["second", 1];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** "in 3 days", "12 days ago", "now". */
export function formatRelative(milliseconds: number, nowMilliseconds: number): string {
  const seconds = Math.round((milliseconds - nowMilliseconds) / 1000);
  if (seconds === 0) return "now";
  return seconds > 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(-seconds)} ago`;
}
