import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createBlot, describeCause } from "./blot.ts";

const secret = 'bpd_test_a;b+c/d=e&"f"\\g h';
const blot = createBlot(() => [secret]);

test.each([
  ["as it is", secret],
  ["in JSON", JSON.stringify({ client_secret: secret })],
  ["percent-encoded", encodeURIComponent(secret)],
  ["as a form", new URLSearchParams({ client_secret: secret }).toString()],
])("the secret is taken out of a text that holds it %s", (_, text) => {
  const shown = blot(`You sent ${text}.`);
  expect(shown).toContain("[secret]");
  expect(shown).not.toContain("a;b");
  expect(shown).not.toContain("a%3Bb");
});

test("a JWT and what follows Bearer or Basic are taken out though nobody named them", () => {
  expect(blot("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln was refused")).toBe("[token] was refused");
  expect(blot("eyJhbGciOiJSUzI1NiJ9.eyJzdWIi cut")).toBe("[token] cut");
  expect(blot("header: Bearer abcdefgh.12-_~+/==; next")).toBe("header: [token]; next");
  expect(blot("authorization: Basic YTpiYmJiYmI=")).toBe("authorization: [token]");
});

test("an address loses its query, where links to files are signed", () => {
  expect(blot("no connection to https://files.example.com/a?signature=abc&x=1, sorry")).toBe(
    "no connection to https://files.example.com/a sorry",
  );
});

test("control characters, line ends and marks of writing direction become single spaces, and 500 characters stay", () => {
  expect(blot("\u001b[31mred\u001b[0m\r\nnext\u202eline\u200b\u0007")).toBe("[31mred [0m next line");
  expect(blot("x".repeat(2000)).length).toBe(500);
});

testProperty(
  "no secret survives, whatever stands around it",
  2000,
  fc.property(
    fc.string({ minLength: 8, maxLength: 40, unit: "binary-ascii" }).filter((text) => text.trim().length >= 8),
    fc.string({ maxLength: 40 }),
    (hidden, around) => {
      const spellings = [hidden, JSON.stringify(hidden), encodeURIComponent(hidden)];
      for (const spelling of spellings) {
        const shown = createBlot(() => [hidden])(`${around}${spelling}${around}`);
        if (!around.includes(hidden) && !"[secret]".includes(hidden)) expect(shown).not.toContain(hidden);
      }
    },
  ),
);

test("causes are told in words, each with its code, and the objects that were thrown stay behind", () => {
  const inner = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED", request: { secret } });
  const cause = describeCause(new TypeError("fetch failed", { cause: inner }), blot);
  expect(cause.message).toBe("fetch failed: connect refused (ECONNREFUSED)");
  expect(Object.keys(cause)).toEqual([]);
  expect(cause.cause).toBe(undefined);
});
