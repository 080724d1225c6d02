import {
  isExclusiveAlone,
  isRefusal,
  isScopeName,
  parseScope,
  type Refusal,
  refuse,
  refuseToken,
  type ScopeCatalogue,
} from "@biped/protocol";
import { refuseInvalid } from "./presented-token.ts";
import type { AccessToken } from "./verification.ts";

/** What a resource asks of a token that has been verified. */
export type Requirement = {
  /** All of them; none asks only for a good token. */
  readonly scopes: readonly string[];
  /** The project whose object is asked for. Where the member is present, even as undefined, it must match. */
  readonly projectId?: number;
};

/** The scopes, then the project. Another project's object is answered like one that does not exist. */
export function checkRequirement(
  token: AccessToken,
  requirement: Requirement,
  catalogue: ScopeCatalogue,
): AccessToken | Refusal {
  const granted = parseScope(token.scope);
  if (isRefusal(granted)) return refuseInvalid("malformed scope claim");
  const wanted = requirement.scopes;
  if (!wanted.every((name) => granted.includes(name))) {
    return refuseScope("The token lacks a scope that this resource requires.", wanted);
  }
  if (!isExclusiveAlone(granted, catalogue)) {
    return refuseScope("The token combines an exclusive scope with another one.", wanted);
  }
  if ("projectId" in requirement && requirement.projectId !== token.project_id) {
    return refuse("NOT_FOUND", "There is no such resource.", "an object of another project");
  }
  return token;
}

function refuseScope(description: string, wanted: readonly string[]): Refusal {
  return refuseToken("INSUFFICIENT_SCOPE", description, description, wanted.join(" "));
}

/** A scope that nobody can hold would lock a route for good; that is better heard when the route is made. */
export function assertScopeNames(scopes: readonly string[]): void {
  const wrong = scopes.filter((name) => !isScopeName(name));
  if (wrong.length > 0) throw new TypeError(`Not the names of scopes: ${JSON.stringify(wrong)}.`);
}
