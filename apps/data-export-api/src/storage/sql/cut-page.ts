import type { Page } from "../../paging.ts";

/** What a statement needs to know of a page. */
export function cutPage({ order, page, limit }: Page) {
  return { direction: order === "ASC" ? "asc" : "desc", limit, offset: (page - 1) * limit } as const;
}
