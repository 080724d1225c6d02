const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as disks and networks count: "512 B", "1.5 MB". */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let at = 0;
  // 999.95 would be rounded to 1000.0.
  while (amount >= (at === 0 ? 1000 : 999.95) && at < units.length - 1) {
    amount /= 1000;
    at += 1;
  }
  return `${at === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[at]}`;
}
