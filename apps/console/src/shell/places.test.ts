import { expect, test } from "vitest";
import { findPlaces, searchPlaces } from "./places.ts";

const titles = (places: readonly { readonly title: string }[]) => places.map(({ title }) => title);

test("what only platform owners may see is shown to them alone", () => {
  expect(titles(findPlaces(false))).toEqual(["Overview", "Accounts", "Administrators", "Audit log"]);
  expect(titles(findPlaces(true))).toContain("Signing keys");
});

test("a place is found by parts of its words, in any case", () => {
  expect(titles(searchPlaces(findPlaces(true), "KEY sig"))).toEqual(["Signing keys"]);
  expect(titles(searchPlaces(findPlaces(true), "nothing"))).toEqual([]);
  expect(searchPlaces(findPlaces(true), "")).toHaveLength(7);
});
