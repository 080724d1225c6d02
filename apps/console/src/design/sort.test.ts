import { expect, test } from "vitest";
import { findSortDirection, toggleSort } from "./sort.ts";

test("a click on a header sorts by it, and a second one the other way round", () => {
  expect(toggleSort("name", undefined)).toBe("name");
  expect(toggleSort("name", "-id")).toBe("name");
  expect(toggleSort("name", "name")).toBe("-name");
  expect(toggleSort("name", "-name")).toBe("name");
});

test("only the sorted column has a direction", () => {
  expect(findSortDirection("name", "name")).toBe("ascending");
  expect(findSortDirection("name", "-name")).toBe("descending");
  expect(findSortDirection("id", "name")).toBeUndefined();
});
