import { isStorableText } from "@biped/database";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { formatNameKey } from "../../name-key.ts";
import type { Reach } from "../../views.ts";
import { isUuid, toName, toNumber } from "../identifiers.ts";

/** One condition of a list, on the columns that it names. */
export type Condition = RawBuilder<SqlBool>;

const always: Condition = sql<SqlBool>`1 = 1`;
const never: Condition = sql<SqlBool>`1 = 0`;

/** All of them; one that is undefined was not asked for. */
export function all(...conditions: readonly (Condition | undefined)[]): Condition {
  const asked = conditions.filter((condition) => condition !== undefined);
  return asked.length === 0 ? always : sql<SqlBool>`${sql.join(asked, sql` and `)}`;
}

/** A reach of so many accounts is most of a list: a list in its order is read sooner than gathered by account. */
const manyAccounts = 100;

/**
 * R-37: part of every query, so that what is out of reach is not there. The id 0, which is no account's, is in none.
 * It stands last: the engines test in this order, and a long reach takes longer than all before it.
 */
export function isWithin(reach: Reach, column: string): Condition {
  const isMany = reach !== "every account" && reach.accountIds.length > manyAccounts;
  // The sign keeps both engines from gathering by the index of accounts.
  return isWithinAny(reach, isMany ? sql`+${sql.ref(column)}` : sql.ref(column));
}

/** The same of what is only counted: it has no order, and is gathered by account however many they are. */
export function isCounted(reach: Reach, column: string): Condition {
  return isWithinAny(reach, sql.ref(column));
}

function isWithinAny(reach: Reach, accountId: RawBuilder<unknown>): Condition {
  if (reach === "every account") return always;
  const ids = reach.accountIds.map(toNumber).filter((id) => id > 0);
  // Written out, since they are our own numbers: what is bound comes to SQLite as a fraction, and compares slower.
  return ids.length === 0 ? never : sql<SqlBool>`${accountId} in (${sql.join(ids.map((id) => sql.lit(id)))})`;
}

export function equals(column: string, value: string | number | undefined): Condition | undefined {
  if (value === undefined) return undefined;
  const storable = typeof value === "number" ? toNumber(value) : toName(value);
  return sql<SqlBool>`${sql.ref(column)} = ${storable}`;
}

/** Names that hold the text, whatever its case and width. */
export function holdsText(column: string, text: string): Condition {
  const key = formatNameKey(text.trim());
  if (!isStorableText(key)) return never;
  const pattern = `%${key.replace(/[!%_]/g, "!$&")}%`;
  return sql<SqlBool>`${sql.ref(column)} like ${pattern} escape '!'`;
}

/** The id that a search names as a whole, or undefined. */
export function readNumber(text: string): number | undefined {
  const digits = text.trim();
  return /^[1-9]\d{0,15}$/.test(digits) && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}

/** See `readNumber`. */
export function readUuid(text: string): string | undefined {
  const id = text.trim().toLowerCase();
  return isUuid(id) ? id : undefined;
}

type Searched = { readonly name: string; readonly id: string };

/** A part of the name, or the whole id; undefined where nothing is searched for. */
export function matchesSearch({ name, id }: Searched, found: SearchedId | undefined): Condition | undefined {
  if (found === undefined) return undefined;
  const isId = equals(id, found.id);
  const holds = holdsText(name, found.text);
  return isId === undefined ? holds : sql<SqlBool>`(${holds} or ${isId})`;
}

export type SearchedId = { readonly text: string; readonly id: number | string | undefined };

/** What is searched for, with the id that it may be. */
export function readSearch(
  text: string | undefined,
  readId: (text: string) => number | string | undefined,
): SearchedId | undefined {
  return text === undefined ? undefined : { text, id: readId(text) };
}
