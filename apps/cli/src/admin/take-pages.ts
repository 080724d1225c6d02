import { createUnexpectedAnswer } from "./open-management.ts";

type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };
type PageQuery = { readonly limit: number; readonly cursor?: string };

const pageSize = 100;

/** Follows the pages of a list until there are no more, or `limit` items were taken. */
export async function takePages<Item>(
  read: (query: PageQuery) => Promise<Page<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> {
  const taken: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const size = Math.min(pageSize, limit - taken.length);
    const { items, nextCursor } = await read({ limit: size, ...(cursor !== undefined && { cursor }) });
    checkItems(items);
    for (const item of items.slice(0, size)) taken.push(item);
    if (nextCursor === null || taken.length >= limit) return taken;
    // A list that begins again and again would never end.
    if (typeof nextCursor !== "string" || nextCursor === cursor) throw createUnexpectedAnswer("its list does not end");
    cursor = nextCursor;
  }
}

/** @throws {CommandError} what should be a list is none. */
export function checkItems(items: unknown): void {
  if (!Array.isArray(items)) throw createUnexpectedAnswer("a list is missing");
}
