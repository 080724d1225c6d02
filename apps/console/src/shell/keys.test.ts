import { expect, test } from "vitest";
import { findKeyMeaning } from "./keys.ts";

const press = { isWithCommand: false, isTyping: false, areSingleKeysOn: true };

test.each([
  [{ ...press, key: "/" }, "search"],
  [{ ...press, key: "?" }, "help"],
  [{ ...press, key: "x" }, undefined],
  [{ ...press, key: "/", isTyping: true }, undefined],
  [{ ...press, key: "?", areSingleKeysOn: false }, undefined],
  [{ ...press, key: "k" }, undefined],
  [{ ...press, key: "k", isWithCommand: true, isTyping: true }, "palette"],
  [{ ...press, key: "K", isWithCommand: true, areSingleKeysOn: false }, "palette"],
  [{ ...press, key: "/", isWithCommand: true }, undefined],
] as const)("%o means %s", (given, meaning) => {
  expect(findKeyMeaning(given)).toBe(meaning);
});
