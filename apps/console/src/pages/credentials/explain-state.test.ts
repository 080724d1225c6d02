import { expect, test } from "vitest";
import { explainState } from "./explain-state.ts";

const names = { accountName: "Northwind Retail", projectName: "UX ANALYTICS" };

test("a credential that gets tokens needs no explanation", () => {
  expect(explainState({ effectiveState: "enabled", ...names })).toBeUndefined();
});

test("a parent that is disabled is named", () => {
  expect(explainState({ effectiveState: "account disabled", ...names })).toContain("Northwind Retail");
  expect(explainState({ effectiveState: "project disabled", ...names })).toContain("UX ANALYTICS");
});

test.each(["disabled", "expired", "no secret"] as const)("%s: what to do is told", (effectiveState) => {
  expect(explainState({ effectiveState, ...names })).toMatch(/Enable it|Give it|Make a new one/);
});
