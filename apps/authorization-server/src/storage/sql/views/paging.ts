import { type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { PageRequest, Position } from "../../views.ts";
import { toName, toNumber } from "../identifiers.ts";

/** The columns that order a list: the sort value, then the id, so that no two items have the same place. */
export type Order = {
  readonly value: { readonly column: string; readonly kind: "number" | "text" };
  readonly id: { readonly column: string; readonly kind: "number" | "text" };
};

/**
 * One page and the item after it, by which one knows that there is a next page. It begins after an item's place and not
 * after a count, so that items which come or go meanwhile shift nothing.
 */
export function cutPage<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  order: Order,
  page: PageRequest<string>,
): SelectQueryBuilder<Tables, Names, Row> {
  const cut = orderRows(query, order, page).limit(page.limit + 1);
  if (page.after === undefined) return cut;
  const place = sql`(${sql.ref(order.value.column)}, ${sql.ref(order.id.column)})`;
  const value = readPlace(order.value.kind, page.after.value);
  const id = readPlace(order.id.kind, page.after.id);
  const isAfter = page.sort.descending ? sql`<` : sql`>`;
  return cut.where(sql<SqlBool>`${place} ${isAfter} (${value}, ${id})`);
}

/** The order alone: of a page that is joined with more. */
export function orderRows<Tables, Names extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Names, Row>,
  order: Order,
  { sort }: Pick<PageRequest<string>, "sort">,
): SelectQueryBuilder<Tables, Names, Row> {
  const direction = sort.descending ? "desc" : "asc";
  return query.orderBy(sql.ref(order.value.column), direction).orderBy(sql.ref(order.id.column), direction);
}

/** A cursor comes back from outside: what can be no place there becomes the first one. */
function readPlace(kind: "number" | "text", value: string | number): string | number {
  if (kind === "text") return toName(String(value));
  return typeof value === "number" ? toNumber(value) : 0;
}

export type Cut<Row> = { readonly rows: readonly Row[]; readonly next: Position | undefined };

/** @param rows What `cutPage` selected. */
export function splitPage<Row>(
  rows: readonly Row[],
  { limit }: Pick<PageRequest, "limit">,
  toPosition: (row: Row) => Position,
): Cut<Row> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? toPosition(last) : undefined };
}
