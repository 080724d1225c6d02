import { describe, expect, test } from "vitest";
import { formatNextLink, type Page } from "./paging.ts";

const page: Page = { order: "DESC", page: 1, limit: 3, upTo: undefined };
const path = "/v1/exports";

describe("the Link header", () => {
  test("a list that ends here has none", () => {
    expect(formatNextLink({ path, query: "limit=3" }, page, [9, 8])).toStrictEqual({});
    expect(formatNextLink({ path, query: "limit=3" }, page, [])).toStrictEqual({});
  });

  test("the newest first: the next page says up to which id, so that new items move nothing", () => {
    const next = '</v1/exports?limit=3&state=ACTIVE&page=2&upTo=9>; rel="next"';
    expect(formatNextLink({ path, query: "limit=3&state=ACTIVE" }, page, [9, 8, 7])).toStrictEqual({ link: next });
  });

  test("later pages keep that id", () => {
    const query = "limit=3&page=2&upTo=9";
    const link = '</v1/exports?limit=3&page=3&upTo=9>; rel="next"';
    expect(formatNextLink({ path, query }, { ...page, page: 2, upTo: 9 }, [6, 5, 4])).toStrictEqual({ link });
  });

  test("the oldest first: what is added comes after what was read", () => {
    const query = "limit=3&order=ASC";
    const link = '</v1/exports?limit=3&order=ASC&page=2>; rel="next"';
    expect(formatNextLink({ path, query }, { ...page, order: "ASC" }, [1, 2, 3])).toStrictEqual({ link });
  });
});
