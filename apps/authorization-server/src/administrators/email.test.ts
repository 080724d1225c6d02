import { expect, test } from "vitest";
import { normalizeEmail } from "./email.ts";

test.each([
  ["Vera@Example.com", "vera@example.com"],
  [" vera@example.com\t", "vera@example.com"],
  ["ｖｅｒａ@example.com", "vera@example.com"],
  [`${"a".repeat(242)}@example.com`, `${"a".repeat(242)}@example.com`],
])("%j is %j", (email, normal) => {
  expect(normalizeEmail(email)).toBe(normal);
});

test.each([
  ["is longer than any address", `${"a".repeat(243)}@example.com`],
  // Each of these is 18 characters in NFKC.
  ["becomes longer than any address", "\ufdfa".repeat(100)],
  ["the store cannot hold", "vera\0@example.com"],
  ["is half a character", "\ud800@example.com"],
])("what %s is nobody's", (_name, email) => {
  expect(normalizeEmail(email)).toBe("");
});
