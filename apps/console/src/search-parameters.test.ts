import { expect, test } from "vitest";
import { readOneOf, readText } from "./search-parameters.ts";

test.each([
  ["Northwind", "Northwind"],
  [42, "42"],
  [true, "true"],
  ["", undefined],
  [undefined, undefined],
  [null, undefined],
  [["a"], undefined],
  [{ a: 1 }, undefined],
  ["x".repeat(2000), "x".repeat(1000)],
])("%o is read as %o", (value, text) => {
  expect(readText({ search: value }, "search")).toBe(text);
});

test("only what is expected is taken", () => {
  expect(readOneOf({ sort: "-name" }, "sort", ["name", "-name"])).toBe("-name");
  expect(readOneOf({ sort: "secret" }, "sort", ["name", "-name"])).toBeUndefined();
  expect(readOneOf({}, "sort", ["name"])).toBeUndefined();
});
