import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { formatPage, type ListOrder, type PageQuery, readPage } from "../management-api/cursor.ts";

/** The cursor of this API holds how many items came before, and the id of the first: the API's page and `upTo`. */
export type ExportPage = {
  readonly limit: number;
  readonly before: number;
  readonly upTo: number | undefined;
};

const order: ListOrder<"before"> = { columns: { before: "number" }, ids: "number", first: "before" };

export function readExportPage(query: PageQuery): ExportPage | Refusal {
  const page = readPage(query, order);
  if (isRefusal(page)) return page;
  const { limit, after } = page;
  if (after === undefined) return { limit, before: 0, upTo: undefined };
  const [before, upTo] = [Number(after.value), Number(after.id)];
  if (before < limit || before % limit !== 0 || upTo < 1) {
    return refuse("INVALID_REQUEST", "cursor must be the nextCursor of the same list and limit.");
  }
  return { limit, before, upTo };
}

/** The query of the API's list: newest first, and nothing that was added since the first page. */
export function formatExportQuery({ limit, before, upTo }: ExportPage, state: string | undefined): string {
  const parameters = { order: "DESC", page: String(before / limit + 1), limit: String(limit) };
  const further = { ...(upTo === undefined ? {} : { upTo: String(upTo) }), ...(state === undefined ? {} : { state }) };
  return new URLSearchParams({ ...parameters, ...further }).toString();
}

/** A page that is full may be the last one: then the next is empty. */
export function formatExportPage<Item>(
  items: readonly Item[],
  { limit, before, upTo }: ExportPage,
  readId: (item: Item) => number,
): { items: Item[]; nextCursor: string | null } {
  const [first] = items;
  const newest = upTo ?? (first === undefined ? undefined : readId(first));
  const next = items.length < limit || newest === undefined ? undefined : { value: before + limit, id: newest };
  const page = { limit, after: undefined, sort: { column: order.first, descending: false } };
  return formatPage({ items, next }, page, (item) => item);
}
