import { parseInstant } from "../jobs/instant.ts";
import { dayMilliseconds } from "./days.ts";

/** What a value must be; of several rules the first one that does not hold is told. */
export type Rule = {
  /** Follows the member's name. */
  readonly text: string;
  /** Of an array, where every entry must obey. */
  readonly isOfEntries?: true;
  readonly holds: (value: unknown, nowMilliseconds: number) => boolean;
};

const maxCharacters = 8_192;
const maxEntries = 1_000;
const maxDynamicVars = 100;
const lastPosition = 20;
const earliest = Date.UTC(2000, 0, 1);

export const integer: readonly Rule[] = [
  { text: "must be an integer from -(2^53 - 1) to 2^53 - 1", holds: (value) => Number.isSafeInteger(value) },
];
export const float: readonly Rule[] = [{ text: "must be a number", holds: (value) => Number.isFinite(value) }];
export const device = wholeNumber(0, 5);
export const indicator = wholeNumber(0, 1);
export const segment = wholeNumber(1, Number.MAX_SAFE_INTEGER);

export const shortText: readonly Rule[] = [
  { text: `must be a string of at most ${maxCharacters} characters`, holds: isShortText },
  { text: "must be valid Unicode: half of a surrogate pair is none", holds: isUnicode },
];

export const moment: readonly Rule[] = [
  {
    text: "must be a moment in ISO 8601 with its offset, such as 2026-11-03T08:30:00Z",
    holds: (value) => parseMoment(value) !== undefined,
  },
];

/** By which rows are found again: a wrong century or a clock that is ahead would hide them. */
export const recentMoment: readonly Rule[] = [
  ...moment,
  {
    text: "must lie between the year 2000 and a day from now",
    holds: (value, now) => isWithin(parseMoment(value), earliest, now + dayMilliseconds),
  },
];

export const customVars: readonly Rule[] = [
  {
    text: `must be an array of objects of a position (1 to ${lastPosition}), a name and a value (strings), nothing else`,
    holds: (value) => Array.isArray(value) && value.every(isCustomVar),
  },
  { text: `must not hold a position twice`, holds: hasDistinctPositions },
];

export const dynamicVars: readonly Rule[] = [
  {
    text: `must be an object of at most ${maxDynamicVars} members`,
    holds: (value) => isJsonObject(value) && Object.keys(value).length <= maxDynamicVars,
  },
  {
    text: `must have keys and values that are strings of at most ${maxCharacters} characters in valid Unicode`,
    holds: (value) => isJsonObject(value) && Object.entries(value).flat().every(isStoredText),
  },
];

export function listOf(rules: readonly Rule[]): readonly Rule[] {
  return [
    {
      text: `must be an array of at most ${maxEntries} entries`,
      holds: (value) => Array.isArray(value) && value.length <= maxEntries,
    },
    ...rules.map(({ text, holds }): Rule => {
      const eachHolds: Rule["holds"] = (value, now) =>
        Array.isArray(value) && value.every((entry) => holds(entry, now));
      return { text, isOfEntries: true, holds: eachHolds };
    }),
  ];
}

/** Epoch milliseconds; undefined for what is no moment, or one that could be hours away from the one that was meant. */
export function parseMoment(value: unknown): number | undefined {
  return typeof value === "string" && /T.*(?:Z|[+-]\d\d:\d\d)$/.test(value) ? parseInstant(value) : undefined;
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wholeNumber(min: number, max: number): readonly Rule[] {
  const last = max === Number.MAX_SAFE_INTEGER ? "2^53 - 1" : `${max}`;
  return [{ text: `must be an integer from ${min} to ${last}`, holds: (value) => isWithin(value, min, max) }];
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

/** A character beyond the first 65,536 takes two units of a string's length. */
function isShortText(value: unknown): boolean {
  return typeof value === "string" && (value.length <= maxCharacters || [...value].length <= maxCharacters);
}

function isUnicode(value: unknown): boolean {
  return typeof value === "string" && !/\p{Surrogate}/u.test(value);
}

function isStoredText(value: unknown): boolean {
  return isShortText(value) && isUnicode(value);
}

function isCustomVar(value: unknown): boolean {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return false;
  return isWithin(value.position, 1, lastPosition) && isStoredText(value.name) && isStoredText(value.value);
}

function hasDistinctPositions(value: unknown): boolean {
  return Array.isArray(value) && new Set(value.map(({ position }) => position)).size === value.length;
}
