import { expect, test } from "vitest";
import { typeAhead } from "./typed-ahead.ts";

const bare = { ctrlKey: false, metaKey: false, altKey: false, isComposing: false };

test("letters, digits, spaces and signs are kept in their order, and Backspace takes the last one away", () => {
  const keys = ["b", "o", "x", "Backspace", "o", "k", " ", "7", "/"];
  expect(keys.reduce((text, key) => typeAhead(text, { ...bare, key }) ?? "none", "")).toBe("book 7/");
});

test.each([
  { ...bare, key: "Enter" },
  { ...bare, key: "Escape" },
  { ...bare, key: "Shift" },
  { ...bare, key: "ArrowDown" },
  { ...bare, key: "k", ctrlKey: true },
  { ...bare, key: "k", metaKey: true },
  { ...bare, key: "k", altKey: true },
  { ...bare, key: "k", isComposing: true },
])("$key types nothing with these keys held: $ctrlKey $metaKey $altKey $isComposing", (key) => {
  expect(typeAhead("boo", key)).toBeUndefined();
});
