import { expect, test } from "vitest";
import { formatLoginSample, formatScopes, parseTokenDays } from "./token-scopes.ts";

test.each([
  [["read"], "reads, changes nothing"],
  [["read", "projects"], "reads, and changes projects"],
  [["read", "credentials", "projects"], "reads, and changes projects and credentials"],
  [["read", "signing-keys", "clouds", "accounts"], "reads, and changes accounts, clouds and signing keys"],
] as const)("%j: a token that %s", (scopes, text) => {
  expect(formatScopes(scopes)).toBe(text);
});

test.each([
  ["1", 1],
  [" 90 ", 90],
  ["365", 365],
  ["366", undefined],
  ["0", undefined],
  ["1.5", undefined],
  ["", undefined],
])("%j days are %s", (text, days) => {
  expect(parseTokenDays(text)).toBe(days);
});

test("the sample names the console, and holds no token", () => {
  expect(formatLoginSample("http://localhost:4010")).toBe(
    "biped admin login --admin-url http://localhost:4010\n# paste the token when it is asked for\nbiped admin whoami",
  );
});
