import { expect, test } from "vitest";
import { formatCell } from "./cell-text.ts";

test.each([
  [null, { text: "no value", isAbsent: true }],
  [undefined, { text: "no value", isAbsent: true }],
  ["", { text: "empty", isAbsent: true }],
  [0, { text: "0", isAbsent: false }],
  [false, { text: "false", isAbsent: false }],
  ["=1+1", { text: "=1+1", isAbsent: false }],
  ["<b>no</b>", { text: "<b>no</b>", isAbsent: false }],
  [["a", null, 2], { text: '["a",null,2]', isAbsent: false }],
  [{ a: 1 }, { text: '{"a":1}', isAbsent: false }],
])("%o is shown as %o", (value, shown) => {
  expect(formatCell(value)).toEqual(shown);
});

test("a value that would fill the page is cut", () => {
  expect(formatCell("x".repeat(401)).text).toBe(`${"x".repeat(400)}…`);
  expect(formatCell("x".repeat(400)).text).toBe("x".repeat(400));
});
