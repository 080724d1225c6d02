import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { escapeControls, escapeControlsInLines, formatJson } from "./escape-controls.ts";

test.each([
  ["\u001b[2J", "\\u001b[2J"],
  ["a\u0007b\u0000", "a\\u0007b\\u0000"],
  ["a\nb\tc\r", "a\\u000ab\\u0009c\\u000d"],
  ["\u007f\u009b31m", "\\u007f\\u009b31m"],
  ["\u202etxt.exe\u202c", "\\u202etxt.exe\\u202c"],
  ["\u2066x\u2069", "\\u2066x\\u2069"],
  ["a\u200bb\ufeff", "a\\u200bb\\ufeff"],
  ["\u{e0041}", "\\udb40\\udc41"],
  ["Crème brûlée 東京 🚲", "Crème brûlée 東京 🚲"],
])("%j is shown as %s", (text, shown) => {
  expect(escapeControls(text)).toBe(shown);
});

test("in text of several lines, line feeds and tabs stay", () => {
  expect(escapeControlsInLines("a\n\tb\r\u001b")).toBe("a\n\tb\\u000d\\u001b");
});

const terminalControls = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

testProperty(
  "JSON is the same value for a parser, and holds nothing that steers a terminal",
  2_000,
  fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
    const formatted = formatJson({ value, text });
    expect(JSON.parse(formatted)).toEqual(JSON.parse(JSON.stringify({ value, text })));
    expect(formatted.replaceAll("\n", "")).not.toMatch(terminalControls);
  }),
);
