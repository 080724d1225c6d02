import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { formatJsonText } from "./json-text.ts";

test("numbers keep their digits, strings their escapes, and empty ones stay on one line", () => {
  expect(formatJsonText('{"id":9007199254740993,"s":"a\\"{,}\\u001b","e":{},"l":[ ],"n":[1,-2.50e3,null]}')).toBe(
    [
      "{",
      '  "id": 9007199254740993,',
      '  "s": "a\\"{,}\\u001b",',
      '  "e": {},',
      '  "l": [],',
      '  "n": [',
      "    1,",
      "    -2.50e3,",
      "    null",
      "  ]",
      "}",
    ].join("\n"),
  );
});

test.each(["", "<html>", "{", '{"a":1}x'])("%j is no JSON", (text) => {
  expect(formatJsonText(text)).toBeUndefined();
});

testProperty(
  "what is laid out is what JSON.stringify makes of the same value",
  2_000,
  fc.property(fc.jsonValue(), (value) => {
    expect(formatJsonText(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  }),
);

test("what is nested too deeply is not laid out: the indentation would fill the memory", () => {
  const nest = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
  expect(formatJsonText(nest(200))).toContain(`\n${"  ".repeat(200)}1\n`);
  expect(formatJsonText(nest(201))).toBeUndefined();
});
