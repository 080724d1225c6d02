import { expect, test } from "vitest";
import { chooseActionKey, createActionKey } from "./action-key.ts";

test("the same input after an undecided try keeps its key, and another input gets a new one", () => {
  const first = chooseActionKey(undefined, { body: { name: "A" } }, () => "k1");
  expect(first).toEqual({ key: "k1", fingerprint: '{"body":{"name":"A"}}' });
  expect(chooseActionKey(first, { body: { name: "A" } }, () => "k2")).toBe(first);
  expect(chooseActionKey(first, { body: { name: "B" } }, () => "k2").key).toBe("k2");
});

test("after a decided try the same input gets a new key", () => {
  expect(chooseActionKey(undefined, {}, () => "k3").key).toBe("k3");
});

test("a key is 128 bits in hexadecimal", () => {
  expect(createActionKey((count) => new Uint8Array(count).fill(10))).toBe("0a".repeat(16));
});
