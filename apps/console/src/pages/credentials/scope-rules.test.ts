import { expect, test } from "vitest";
import { chooseTokenScopes, findExclusiveNotice, toggleScope } from "./scope-rules.ts";

const scope = (name: string, isExclusive = false) => ({ name, title: name, opens: name, isExclusive });
const catalogue = [scope("data-export"), scope("metrics"), scope("enrichment", true)];

test("an exclusive scope beside others is explained; alone, or without it, there is nothing to say", () => {
  expect(findExclusiveNotice(["metrics", "enrichment"], catalogue)).toBe(
    "enrichment stands alone in a token. The credential may own it beside others, but its program has to ask for two tokens: one with enrichment alone, and one with the others. A request for both is refused.",
  );
  expect(findExclusiveNotice(["enrichment"], catalogue)).toBeUndefined();
  expect(findExclusiveNotice(["data-export", "metrics"], catalogue)).toBeUndefined();
});

test("a sample asks for all scopes that combine, or for the exclusive one alone", () => {
  expect(chooseTokenScopes(["data-export", "metrics", "enrichment"], catalogue)).toEqual(["data-export", "metrics"]);
  expect(chooseTokenScopes(["enrichment"], catalogue)).toEqual(["enrichment"]);
  expect(chooseTokenScopes(["retired-scope"], catalogue)).toEqual(["retired-scope"]);
});

test("scopes stay in the order of the catalogue, and one that is in it no more is kept behind", () => {
  expect(toggleScope(["metrics"], { name: "data-export", isChosen: true }, catalogue)).toEqual([
    "data-export",
    "metrics",
  ]);
  expect(toggleScope(["old", "metrics"], { name: "enrichment", isChosen: true }, catalogue)).toEqual([
    "metrics",
    "enrichment",
    "old",
  ]);
  expect(toggleScope(["data-export", "metrics"], { name: "metrics", isChosen: false }, catalogue)).toEqual([
    "data-export",
  ]);
});
