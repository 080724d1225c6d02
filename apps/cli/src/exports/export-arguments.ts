import { InvalidArgumentError } from "commander";

/** Parsers for commander, which names the option or the argument before what they say. */

export function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return Number(text);
}

/** Services write their words in capitals, or in small letters; people write them as they like. */
export function parseOneOf<const Value extends string>(values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const value = values.find((each) => each.toUpperCase() === text.toUpperCase());
    if (value === undefined) throw new InvalidArgumentError(`It must be one of ${values.join(", ")}.`);
    return value;
  };
}

const unitMilliseconds: ReadonlyMap<string | undefined, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** "90s", "30m", "2h"; a number alone counts seconds. In milliseconds, at most a day. */
export function parseDuration(text: string): number {
  const [, amount = "", unit = "s"] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  const milliseconds = amount === "" ? 0 : Number(amount) * (unitMilliseconds.get(unit) ?? 0);
  if (milliseconds < 1 || milliseconds > 86_400_000) {
    throw new InvalidArgumentError("It must be a time such as 90s, 30m or 2h, a day at most.");
  }
  return milliseconds;
}

export const jobStates = ["ACTIVE", "COMPUTING", "COMPLETED", "SUSPENDED", "DELETED"] as const;
export const runStates = ["CREATED", "RUNNABLE", "RUNNING", "SUCCESS", "FAILURE"] as const;
export const jobFormats = ["JSONL", "CSV"] as const;
export const frequencies = ["once", "daily", "hourly"] as const;
export const exportScopes = ["sessions", "views"] as const;
export const deviceLabels = ["all", "desktop", "mobile", "tablet"] as const;
