import { expect, test } from "vitest";
import { findPastedToken } from "./pasted-token.ts";

const token = "eyJ0eXAi.eyJpc3Mi.Si_gn-42";

test.each([
  ["alone", token],
  ["with space round it", `\n  ${token} \n`],
  ["broken by a terminal", "eyJ0eXAi.eyJp\nc3Mi.Si_g\n  n-42"],
  ["as a header", `Authorization: Bearer ${token}`],
  ["in the answer that it came with", `{ "access_token": "${token}", "token_type": "bearer" }`],
  ["in a command", `curl -H 'authorization: Bearer ${token}' https://api.example.com`],
])("a token is found %s", (_how, text) => {
  expect(findPastedToken(text)).toBe(token);
});

test.each([
  ["nothing", ""],
  ["a secret", "biped_live_0000000000000000000000000000000000000000000000000"],
  ["half a token", "eyJ0eXAi.eyJpc3Mi"],
  ["dots alone", "a.b.c"],
])("%s is none", (_what, text) => {
  expect(findPastedToken(text)).toBeUndefined();
});
