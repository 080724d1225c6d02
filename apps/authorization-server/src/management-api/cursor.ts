import { isStorableText } from "@biped/database";
import { type Refusal, refuse } from "@biped/protocol";
import { z } from "zod";
import type { Page, PageRequest, Position } from "../storage/views.ts";

type Kind = "number" | "text";

/** How a list can be sorted: the kind of each column's values and of the ids, and the order where none is asked for. */
export type ListOrder<Column extends string> = {
  readonly columns: Readonly<Record<Column, Kind>>;
  readonly ids: Kind;
  readonly first: Column;
};

export type PageQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly sort?: string | undefined;
};

const usualLimit = 50;

export function readPage<Column extends string>(
  { limit = usualLimit, cursor, sort: asked }: PageQuery,
  order: ListOrder<Column>,
): PageRequest<Column> | Refusal {
  const sort = readSort(asked, order);
  if (cursor === undefined) return { limit, sort, after: undefined };
  const after = parseCursor(cursor, sort, { value: order.columns[sort.column], id: order.ids });
  if (after === undefined) return refuse("INVALID_REQUEST", "cursor must be the nextCursor of the same list and sort.");
  return { limit, sort, after };
}

/** The contract's schema has checked the text. */
function readSort<Column extends string>(
  text: string | undefined,
  { columns, first }: ListOrder<Column>,
): PageRequest<Column>["sort"] {
  const column = text?.replace(/^-/, "") ?? first;
  const isColumn = (name: string): name is Column => Object.hasOwn(columns, name);
  return { column: isColumn(column) ? column : first, descending: text?.startsWith("-") === true };
}

/** What a list answers. A cursor is of use for the same sort alone. */
export function formatPage<Item, Formatted>(
  { items, next }: Page<Item>,
  { sort }: PageRequest<string>,
  format: (item: Item) => Formatted,
): { items: Formatted[]; nextCursor: string | null } {
  return { items: items.map(format), nextCursor: next === undefined ? null : formatCursor(next, sort) };
}

function formatCursor({ value, id }: Position, sort: PageRequest<string>["sort"]): string {
  return Buffer.from(JSON.stringify([formatSort(sort), value, id])).toString("base64url");
}

function formatSort({ column, descending }: PageRequest<string>["sort"]): string {
  return `${descending ? "-" : ""}${column}`;
}

const number = z.int();
const text = z.string().max(500).refine(isStorableText);
const schemas = { number, text } as const;

/** A cursor comes back from outside: nothing but what could have been made here is taken. */
function parseCursor(
  cursor: string,
  sort: PageRequest<string>["sort"],
  kinds: { readonly value: Kind; readonly id: Kind },
): Position | undefined {
  const read = parseJson(Buffer.from(cursor, "base64url").toString());
  const schema = z.tuple([z.literal(formatSort(sort)), schemas[kinds.value], schemas[kinds.id]]);
  const parsed = schema.safeParse(read).data;
  if (parsed === undefined) return undefined;
  const position = { value: parsed[1], id: parsed[2] };
  return formatCursor(position, sort) === cursor ? position : undefined;
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
