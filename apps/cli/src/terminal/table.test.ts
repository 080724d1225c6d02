import { expect, test } from "vitest";
import { formatColumns, measureText } from "./table.ts";

test("columns are as wide as their widest cell, and no line ends in blanks", () => {
  expect(
    formatColumns([
      ["id", "name", "x"],
      ["42", "UX ANALYTICS"],
      ["4711", "東京", "y"],
    ]),
  ).toEqual(["id    name          x", "42    UX ANALYTICS", "4711  東京          y"]);
});

test("no rows are no lines", () => {
  expect(formatColumns([])).toEqual([]);
});

test.each([
  ["abc", 3],
  ["東京", 4],
  ["e\u0301", 1],
  ["\u001b[31mred\u001b[39m", 3],
  ["🚲", 2],
])("%j takes %i columns", (text, width) => {
  expect(measureText(text)).toBe(width);
});

test("more rows than a call has room for arguments", () => {
  expect(formatColumns(Array.from({ length: 200_000 }, () => ["a", "b"]))).toHaveLength(200_000);
});
