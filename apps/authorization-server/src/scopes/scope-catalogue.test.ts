import { defaultScopes } from "@biped/protocol";
import { expect, test } from "vitest";
import { formatScopeCatalogue, parseScopeCatalogue } from "./scope-catalogue.ts";

test("the default catalogue is that of the contract, and survives being written and read", () => {
  const text = "data-export metrics session-replay symbolicator enrichment=exclusive";
  expect(formatScopeCatalogue(defaultScopes)).toBe(text);
  expect(parseScopeCatalogue(text)).toEqual(defaultScopes);
});

test("scopes of one's own, separated by blanks, commas or line ends", () => {
  const catalogue = parseScopeCatalogue(" speed-analysis,\n surveys=exclusive\tmetrics ");
  expect([...(catalogue?.values() ?? [])]).toEqual([
    { name: "speed-analysis", title: "speed-analysis", exclusive: false },
    { name: "surveys", title: "surveys", exclusive: true },
    { name: "metrics", title: "Read metrics of the project", exclusive: false },
  ]);
});

test.each([
  ["nothing", ""],
  ["separators alone", " , "],
  ["a name twice", "a b a"],
  ["a name twice, once exclusive", "a a=exclusive"],
  ["a name that is empty", "=exclusive"],
  ["another word behind it", "a=alone"],
  ["exclusive twice", "a=exclusive=exclusive"],
  ["a quote", 'a"b'],
  ["a backslash", "a\\b"],
  ["beyond ASCII", "é"],
  ["65 characters", "a".repeat(65)],
])("%s is no catalogue", (_name, text) => {
  expect(parseScopeCatalogue(text)).toBeUndefined();
});
