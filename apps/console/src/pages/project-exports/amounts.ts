const count = new Intl.NumberFormat("en-GB");

/** "1,204,001". */
export function formatCount(value: number): string {
  return count.format(value);
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** "0 B", "1.4 KiB", "104 MiB": three digits tell a person enough. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  // What would be shown as 1024 of a unit is one of the next.
  const isNext = Math.round(value) >= 1024 && power < units.length - 1;
  const shown = isNext ? 1 : value;
  const digits = isNext || power === 0 || shown >= 100 ? 0 : 1;
  return `${shown.toFixed(digits)} ${units[isNext ? power + 1 : power]}`;
}

/** "under 1 s", "42 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 1) return "under 1 s";
  if (seconds < 60) return `${seconds} s`;
  const [larger, smaller] = seconds < 3600 ? splitBy(seconds, 60) : splitBy(Math.round(seconds / 60), 60);
  const [name, part] = seconds < 3600 ? ["min", "s"] : ["h", "min"];
  return smaller === 0 ? `${larger} ${name}` : `${larger} ${name} ${smaller} ${part}`;
}

function splitBy(value: number, size: number): readonly [whole: number, rest: number] {
  return [Math.floor(value / size), value % size];
}
