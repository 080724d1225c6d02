import { expect, test } from "vitest";
import { readCredentialFacts } from "./credential-facts.ts";

const secret = { id: "1", created_at: "2026-11-24T12:00:00Z", expires_at: null, last_used_at: null, current: true };
const read = (change: object) =>
  readCredentialFacts({ scopes: "metrics", permissions: { projects: [{ id: 42, name: "SHOP" }] }, ...change });

test("the two documented members are enough", () => {
  expect(read({})).toEqual({
    name: undefined,
    level: undefined,
    scopes: "metrics",
    projects: [{ id: 42, name: "SHOP", endpoint: "" }],
    secrets: [],
  });
});

test.each([
  [
    { name: 7, level: {} },
    { name: undefined, level: undefined },
  ],
  [
    { permissions: { projects: [{ id: 1, name: null, endpoint: 5 }] } },
    { projects: [{ id: 1, name: "", endpoint: "" }] },
  ],
  [{ secrets: "x" }, { secrets: [] }],
  [{ secrets: [null, {}, { ...secret, created_at: "yesterday" }, secret] }, { secrets: [secret] }],
])("%j: members of another type are left out", (change, facts) => {
  expect(read(change)).toMatchObject(facts);
});
