import { expect, test } from "vitest";
import { refuseSecretArguments } from "./secret-arguments.ts";

test.each([
  "--client-secret=hush",
  "--client-secret",
  "--secret=hush",
  "--clientsecret=hush",
  "--client_secret=hush",
  "--password=hush",
  "--token=hush",
  "--access-token=hush",
])("%s is refused, and what it holds is not said again", (argument) => {
  expect(() => refuseSecretArguments(["login", argument])).toThrow(/^(?!.*hush).*is not an option/s);
});

test.each([["--secret-file=x"], ["token"], ["--", "--secret=x"], ["--scope", "secret"]])("%j passes", (...args) => {
  expect(refuseSecretArguments(args)).toBeUndefined();
});
