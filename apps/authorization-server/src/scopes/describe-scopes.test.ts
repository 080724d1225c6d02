import { defaultScopes } from "@biped/protocol";
import { expect, test } from "vitest";
import { describeScopes } from "./describe-scopes.ts";
import { parseScopeCatalogue } from "./scope-catalogue.ts";

test("each scope that is known from the start tells what it opens, and enrichment that it stands alone", () => {
  const scopes = describeScopes(defaultScopes);
  expect(scopes.map(({ name, isExclusive }) => [name, isExclusive])).toEqual([
    ["data-export", false],
    ["metrics", false],
    ["session-replay", false],
    ["symbolicator", false],
    ["enrichment", true],
  ]);
  expect(scopes[0]?.opens).toBe("Create export jobs, follow them, and download their files.");
  expect(new Set(scopes.map(({ opens }) => opens)).size).toBe(5);
});

test("a configured scope that nobody knows has a neutral text", () => {
  expect(describeScopes(parseScopeCatalogue("surveys billing") ?? new Map())).toEqual([
    { name: "surveys", title: "surveys", opens: "Read surveys and their answers.", isExclusive: false },
    { name: "billing", title: "billing", opens: "What the APIs that ask for this scope offer.", isExclusive: false },
  ]);
});
