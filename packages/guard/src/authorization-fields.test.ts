import { expect, test } from "vitest";
import { readJoinedAuthorization, readQuery, readRawAuthorization } from "./authorization-fields.ts";

test("every Authorization field of a Node request is seen, in any case", () => {
  expect(
    readRawAuthorization(["Host", "x", "AUTHORIZATION", "Bearer a", "X-Authorization", "b", "authorization", ""]),
  ).toEqual(["Bearer a", ""]);
});

test.each([
  { fields: [], values: [] },
  { fields: ["Bearer a.b.c"], values: ["Bearer a.b.c"] },
  { fields: ["Bearer a", "Bearer b"], values: ["Bearer a", "Bearer b"] },
  { fields: ["Basic a==", "Bearer b"], values: ["Basic a==", "Bearer b"] },
  { fields: ["Bearer a", "Bearer"], values: ["Bearer a", "Bearer"] },
  { fields: ["Bearer a", "b"], values: ["Bearer a", "b"] },
  { fields: ["Bearer a,Bearer b"], values: ["Bearer a", "Bearer b"] },
  { fields: ['Digest realm="x", nonce="y", qop=auth'], values: ['Digest realm="x", nonce="y", qop=auth'] },
])("Headers of $fields are read as $values", ({ fields, values }) => {
  const headers = new Headers();
  for (const field of fields) headers.append("authorization", field);
  expect(readJoinedAuthorization(headers)).toEqual(values);
});

test.each([
  ["/v1/exports", ""],
  ["/v1/exports?", ""],
  ["/v1/exports?a=1?b=2", "a=1?b=2"],
  ["https://api.example.com/v1/exports?a=1#b?c", "a=1"],
  ["", ""],
])("the query of %j is %j", (url, query) => {
  expect(readQuery(url)).toBe(query);
});
