import { expect, test } from "vitest";
import { isSameList } from "./list-key.ts";

const key = (query: Readonly<Record<string, unknown>>) => ["GET /api/projects", "pages", { query }] as const;

test("another search or order is the same list", () => {
  expect(isSameList(key({ accountId: 1 }), key({ accountId: 1, search: "ux", sort: "-name" }))).toBe(true);
});

test("another account, another operation or none is not", () => {
  expect(isSameList(key({ accountId: 2 }), key({ accountId: 1 }))).toBe(false);
  expect(isSameList(["GET /api/accounts", "pages", { query: {} }], key({}))).toBe(false);
  expect(isSameList(undefined, key({}))).toBe(false);
});
