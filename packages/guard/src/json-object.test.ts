import { createAccessTokenClaims } from "@biped/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { isIssuedForm, parseClaims, parseJsonObject } from "./json-object.ts";

test.each([
  ["{}", {}],
  ['{"a":1,"b":{"a":2}}', { a: 1, b: { a: 2 } }],
  [' { "a" : [ { "b" : 1 } , { "b" : 2 } ] } ', { a: [{ b: 1 }, { b: 2 }] }],
  ['{"a\\u0062":"\\/"}', { ab: "/" }],
])("%j is an object", (text, value) => {
  expect(parseJsonObject(text)).toEqual(value);
});

test.each([
  ["no JSON", "{a:1}"],
  ["two values", "{}{}"],
  ["nothing", ""],
  ["null", "null"],
  ["an array", '[{"a":1}]'],
  ["a repeated member", '{"a":1,"a":1}'],
  ["a repeated member in another spelling", '{"a":1,"\\u0061":1}'],
  ["a repeated member deep inside", '{"a":[{"b":{"c":1,"c":1}}]}'],
  ["a name that reaches a prototype", '{"__proto__":{}}'],
  ["such a name in another spelling", '{"constru\\u0063tor":1}'],
  ["such a name among blanks", '{"a":{"prototype" : 1}}'],
])("%s is refused", (_name, text) => {
  expect(parseJsonObject(text)).toBe(undefined);
});

test("an object nested deeper than the stack is still read", () => {
  const depth = 30_000;
  expect(parseJsonObject(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`)).toHaveProperty("a");
});

const claims = createAccessTokenClaims(
  {
    clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83",
    secretId: "1",
    accountId: 1,
    projectId: 42,
    endpoint: "https://api.eu-west-1.example.com",
    scopes: ["data-export", "metrics"],
    epochs: { account: 0, project: 1, credential: 2 },
    secretExpiresAt: undefined,
  },
  { issuer: "https://auth.example.com", nowSeconds: 1_800_000_000, tokenId: "AAAAAAAAAAAAAAAAAAAAAA" },
);

test("the claims that our issuer writes have the form that is spared the walk", () => {
  expect(isIssuedForm(JSON.stringify(claims))).toBe(true);
  expect(parseClaims(JSON.stringify(claims))).toEqual(claims);
});

/** Changes to such a text, some of which leave it a good one. */
const change = fc.constantFrom<readonly [RegExp, string]>(
  [/"iss"/, '"iss" '],
  [/"iss"/, '"sub":"x","iss"'],
  [/"iss"/, '"\\u0069ss":"x","iss"'],
  [/"exp":\d+/, '"exp":007'],
  [/"exp":\d+/, '"exp":1e9'],
  [/"exp":\d+/, '"exp":1,"exp":2'],
  [/"jti":"/, '"jti":"\\"'],
  [/"jti":"/, '"jti":"\n'],
  [/"jti":"/, '"jti":"}{:,'],
  [/"jti":"[^"]*",/, ""],
  [/"account":0/, '"account":0,"account":0'],
  [/"account":0/, '"__proto__":{},"account":0'],
  [/\}\}$/, '},"constructor":1}'],
  [/\}\}$/, '},"epochs":{}}'],
  [/\}\}$/, "}}x"],
  [/^/, " "],
);

testProperty(
  "sparing the walk over the text never changes the answer",
  5000,
  fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
    const text = changes.reduce((written, [from, to]) => written.replace(from, to), JSON.stringify(claims));
    expect(parseClaims(text)).toEqual(parseJsonObject(text));
  }),
);
