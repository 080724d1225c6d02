import { expect, test } from "vitest";
import { findRole, mayActAs } from "./permissions.ts";

const membership = {
  accountId: 1,
  accountName: "Northwind Retail",
  role: "viewer",
} as const;

test("a platform owner owns every account, others have the role of their membership", () => {
  expect(findRole({ platformRole: "owner", memberships: [] }, 7)).toBe("owner");
  expect(findRole({ platformRole: null, memberships: [membership] }, 1)).toBe("viewer");
  expect(findRole({ platformRole: null, memberships: [membership] }, 2)).toBeUndefined();
});

test.each([
  ["owner", "administrator", true],
  ["administrator", "administrator", true],
  ["viewer", "administrator", false],
  [undefined, "viewer", false],
] as const)("%s may act as %s: %s", (role, needed, expected) => {
  expect(mayActAs(role, needed)).toBe(expected);
});
