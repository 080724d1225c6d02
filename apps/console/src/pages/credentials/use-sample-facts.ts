import type { Credential } from "@biped/management-client";
import { useOperation } from "../../api/queries.ts";
import type { SampleFacts } from "./samples.ts";
import { chooseTokenScopes } from "./scope-rules.ts";

/** Scopes that one token can hold, and for a credential of account level some project to name. */
export function useSampleFacts(credential: Credential): Omit<SampleFacts, "issuer" | "secret"> {
  const { clientId, accountId, level, scopes } = credential;
  const catalogue = useOperation("GET /api/scopes", {});
  const projects = useOperation(
    "GET /api/projects",
    { query: { accountId, limit: 1, sort: "id" } },
    { isEnabled: level === "account" },
  );
  // Without any project yet, a number that is plainly an example.
  const projectId = level === "project" ? undefined : (projects.data?.items[0]?.id ?? 42);
  return { clientId, projectId, scopes: chooseTokenScopes(scopes, catalogue.data?.items ?? []) };
}
