import { defaultScopes } from "@biped/protocol";
import { expect, test } from "vitest";
import { assertScopeNames, checkRequirement, type Requirement } from "./requirement.ts";
import type { AccessToken } from "./verification.ts";

const token = { scope: "data-export metrics", project_id: 42 } as AccessToken;
const check = (requirement: Requirement, scope = token.scope) =>
  checkRequirement({ ...token, scope }, requirement, defaultScopes);

test.each<[string, Requirement]>([
  ["nothing", { scopes: [] }],
  ["one of its scopes", { scopes: ["metrics"] }],
  ["all of them", { scopes: ["metrics", "data-export"] }],
  ["its project", { scopes: ["metrics"], projectId: 42 }],
])("a token is enough where %s is asked for", (_name, requirement) => {
  expect(check(requirement)).toEqual(token);
});

const challenge = (description: string, scope: string) => ({
  "www-authenticate": `Bearer realm="biped", error="insufficient_scope", error_description="${description}", scope="${scope}"`,
});

test("403 INSUFFICIENT_SCOPE: one of the scopes is missing", () => {
  const description = "The token lacks a scope that this resource requires.";
  expect(check({ scopes: ["metrics", "session-replay"] })).toMatchObject({
    status: 403,
    code: "INSUFFICIENT_SCOPE",
    description,
    reason: description,
    headers: challenge(description, "metrics session-replay"),
  });
});

test("403 INSUFFICIENT_SCOPE: an exclusive scope beside another one", () => {
  const description = "The token combines an exclusive scope with another one.";
  expect(check({ scopes: ["enrichment"] }, "enrichment metrics")).toMatchObject({
    code: "INSUFFICIENT_SCOPE",
    description,
    headers: challenge(description, "enrichment"),
  });
});

test.each([43, undefined])("404 NOT_FOUND: project %s, and the scopes come first", (projectId) => {
  expect(check({ scopes: [], projectId } as Requirement)).toMatchObject({
    status: 404,
    code: "NOT_FOUND",
    description: "There is no such resource.",
    reason: "an object of another project",
  });
  expect(check({ scopes: ["surveys"], projectId } as Requirement)).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
});

test("401 JWT_INVALID: scopes that are none", () => {
  expect(check({ scopes: [] }, "metrics  data-export")).toMatchObject({
    code: "JWT_INVALID",
    reason: "malformed scope claim",
  });
});

test("a route that wants what is no scope is not made", () => {
  expect(() => assertScopeNames(["metrics"])).not.toThrow();
  expect(() => assertScopeNames(["metrics", "a b", ""])).toThrow(new TypeError('Not the names of scopes: ["a b",""].'));
});
