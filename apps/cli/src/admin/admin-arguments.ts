import { InvalidArgumentError } from "commander";
import { parseInstant } from "./parse-instant.ts";

/** Parsers for commander, which names the option or the argument before what they say. */

export function parseUuid(text: string): string {
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("It must be an id such as 7ce9f436-f2d1-48c4-aac9-a837564ae7ea.");
}

export const clientIdArgument = ["<client-id>", "the credential", parseUuid] as const;

/** Of the samples in every help. */
export const sampleId = "7ce9f436-f2d1-48c4-aac9-a837564ae7ea";

const unitSeconds: ReadonlyMap<string | undefined, number> = new Map([
  ["m", 60],
  ["h", 3_600],
  ["d", 86_400],
]);

/** "90m", "12h", "7d", in seconds; a year at most. */
export function parsePeriod(text: string): number {
  const [, amount = "", unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (unitSeconds.get(unit) ?? 0);
  if (seconds >= 1 && seconds <= 31_536_000) return seconds;
  throw new InvalidArgumentError("It must be a time such as 90m, 12h or 7d, a year at most.");
}

/** A point in time, a period from now, or never. What it means is known when the command runs. */
export type Expiry = "never" | { readonly inSeconds: number } | { readonly at: string };

/** "never", "365d", "2027-06-30" (its beginning, in UTC), "2027-06-30T12:00:00Z". */
export function parseExpiry(text: string): Expiry {
  if (text === "never") return "never";
  if (/^\d+[mhd]$/.test(text)) return { inSeconds: parseLongPeriod(text) };
  const at = parseInstant(text);
  if (at !== undefined) return { at };
  throw new InvalidArgumentError("It must be never, a time from now such as 365d, or an ISO 8601 date.");
}

function parseLongPeriod(text: string): number {
  const seconds = Number(text.slice(0, -1)) * (unitSeconds.get(text.slice(-1)) ?? 0);
  if (seconds >= 1 && seconds <= 3_153_600_000) return seconds;
  throw new InvalidArgumentError("It must be a time from now of a hundred years at most.");
}

/** As the API takes it. */
export function formatExpiry(expiry: Expiry, nowMilliseconds: number): string | null {
  if (expiry === "never") return null;
  return "at" in expiry ? expiry.at : new Date(nowMilliseconds + expiry.inSeconds * 1000).toISOString();
}

/** A point in time, as the API takes it. */
export function parsePoint(text: string): string {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  throw new InvalidArgumentError("It must be an ISO 8601 date, or a time with its zone.");
}

/** "10.0.0.0/8,192.0.2.7/32"; "anywhere" is no range at all. */
export function parseRanges(text: string): readonly string[] {
  if (text === "anywhere") return [];
  return text
    .split(/[\s,]+/)
    .map((range) => range.trim())
    .filter((range) => range !== "");
}

/** A whole number between two others, both included. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** "none" sets no limit. */
export function parseLifetimeLimit(text: string): number | null {
  return text === "none" ? null : parseWhole(1, 3650)(text);
}
