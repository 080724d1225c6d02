import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { readOneOf } from "./query-parameters.ts";

const orders = ["ASC", "DESC"] as const;

/** Which part of a list, which is in the order of its ids. */
export type Page = {
  readonly order: (typeof orders)[number];
  /** Counted from 1. */
  readonly page: number;
  /** Items a page. */
  readonly limit: number;
  /** The largest id that is listed: pages read one after another do not shift while something is added. */
  readonly upTo: number | undefined;
};

export const pageParameters = ["order", "page", "limit", "upTo"] as const;

/** So that page × limit stays far below the integers that a double and a database's bigint hold exactly. */
const lastPage = 1_000_000_000;

export function readPage(parameters: ReadonlyMap<string, string>): Page | Refusal {
  const order = readOneOf(parameters, "order", orders);
  if (isRefusal(order)) return order;
  const page = readWholeNumber(parameters, "page", lastPage);
  if (isRefusal(page)) return page;
  const limit = readWholeNumber(parameters, "limit", 100);
  if (isRefusal(limit)) return limit;
  const upTo = readWholeNumber(parameters, "upTo", Number.MAX_SAFE_INTEGER);
  if (isRefusal(upTo)) return upTo;
  return { order: order ?? "DESC", page: page ?? 1, limit: limit ?? 20, upTo };
}

/**
 * RFC 8288: where the next page is, in a header, because the body is the list alone. With the newest first, the page
 * after the first one says from which id on, so that what is added meanwhile moves nothing.
 * @param ids Of this page, in its order.
 */
export function formatNextLink(
  { path, query }: { readonly path: string; readonly query: string },
  { order, page, limit, upTo }: Page,
  ids: readonly number[],
): Readonly<Record<string, string>> {
  if (ids.length < limit) return {};
  const next = new URLSearchParams(query);
  next.set("page", `${page + 1}`);
  const newest = order === "DESC" && page === 1 ? ids[0] : undefined;
  if (upTo === undefined && newest !== undefined) next.set("upTo", `${newest}`);
  return { link: `<${path}?${next}>; rel="next"` };
}

function readWholeNumber(
  parameters: ReadonlyMap<string, string>,
  name: string,
  max: number,
): number | undefined | Refusal {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,15}$/.test(text) && Number(text) <= max) return Number(text);
  return refuse("INVALID_REQUEST", `${name} must be an integer from 1 to ${max}.`);
}
