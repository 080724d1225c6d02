import { expect, test } from "vitest";
import { readReturnTo } from "./return-to.ts";

test.each(["/", "/accounts/7?search=a#b", "/credentials/0f3c", "/signing-keys", "/sign-inn"])(
  "%s is a place of the console",
  (path) => {
    expect(readReturnTo(path)).toBe(path);
  },
);

test.each([
  undefined,
  "",
  "accounts",
  "//evil.example",
  "/\\evil.example",
  "/a\\..\\b",
  "/\t/evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "/sign-in",
  "/sign-in?returnTo=/sign-in",
  "/setup",
  "/invitation#token",
  "/api/session",
  "/sso/start",
])("%s is not: the overview instead", (path) => {
  expect(readReturnTo(path)).toBe("/");
});
