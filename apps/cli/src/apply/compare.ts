import type { Difference } from "./plan.ts";

type Comparison<Value> = {
  readonly member: string;
  readonly before: Value;
  /** Undefined: the file says nothing about it. */
  readonly after: Value | undefined;
  readonly format?: (value: Value) => string;
};

/** Values are the same when they read the same. */
export function compare<Value extends string | number | null | readonly string[]>({
  member,
  before,
  after,
  format = formatValue,
}: Comparison<Value>): readonly Difference[] {
  if (after === undefined) return [];
  const difference = { member, before: format(before), after: format(after) };
  return difference.before === difference.after ? [] : [difference];
}

function formatValue(value: string | number | null | readonly string[]): string {
  if (value === null) return "none";
  return typeof value === "string" || typeof value === "number" ? String(value) : formatSet(value);
}

/** The order of scopes and ranges has no meaning, nor has a repetition. */
function formatSet(values: readonly string[]): string {
  return [...new Set(values)].toSorted().join(" ");
}

export function formatRanges(ranges: readonly string[]): string {
  return ranges.length === 0 ? "anywhere" : formatSet(ranges);
}

/** The service keeps whole seconds. */
export function formatEnd(end: string | null): string {
  if (end === null) return "never";
  const milliseconds = Date.parse(end);
  return Number.isNaN(milliseconds) ? end : new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
