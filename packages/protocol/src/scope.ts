import { isRefusal, type Refusal, refuse } from "./refusal.ts";

export type ScopeDefinition = {
  readonly name: string;
  readonly title: string;
  /** An exclusive scope is granted only when it is the only one asked for. */
  readonly exclusive: boolean;
};

export type ScopeCatalogue = ReadonlyMap<string, ScopeDefinition>;

const maxScopes = 20;
/** scope-token of RFC 6749 §3.3, at most 64 characters long. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

export function isScopeName(name: string): boolean {
  return scopeToken.test(name);
}

/**
 * RFC 6749 §3.3: names separated by single blanks, case-sensitive; duplicates collapse before any rule applies.
 * The order of first mention is kept.
 */
export function parseScope(text: string): readonly string[] | Refusal {
  const names = [...new Set(text.split(" "))];
  if (!names.every(isScopeName)) {
    return refuse("INVALID_SCOPE", "scope must be scope names separated by single blanks.");
  }
  if (names.length > maxScopes) return refuse("INVALID_SCOPE", `scope must name at most ${maxScopes} scopes.`);
  return names;
}

export type ScopeQuestion = {
  readonly asked: string | undefined;
  readonly owned: readonly string[];
  readonly catalogue: ScopeCatalogue;
};

/** All that was asked is granted, or nothing. A missing scope never means all of them. */
export function grantScopes({ asked, owned, catalogue }: ScopeQuestion): readonly string[] | Refusal {
  if (asked === undefined) return refuse("INVALID_SCOPE", "scope is required.");
  const names = parseScope(asked);
  if (isRefusal(names)) return names;
  if (!names.every((name) => catalogue.has(name))) return refuse("INVALID_SCOPE", "scope names an unknown scope.");
  if (!names.every((name) => owned.includes(name))) {
    return refuse("SCOPE_NOT_GRANTED", "scope names a scope that this credential does not own.");
  }
  if (!isExclusiveAlone(names, catalogue)) {
    return refuse("SCOPE_EXCLUSIVE", "scope combines an exclusive scope with another one.");
  }
  return names;
}

/** Guards ask this again of the token they were handed. */
export function isExclusiveAlone(names: readonly string[], catalogue: ScopeCatalogue): boolean {
  return names.length <= 1 || !names.some((name) => catalogue.get(name)?.exclusive === true);
}

/** The scopes known when nothing else is configured. */
export const defaultScopes: ScopeCatalogue = new Map(
  [
    { name: "data-export", title: "Create and read export jobs, and download their files", exclusive: false },
    { name: "metrics", title: "Read metrics of the project", exclusive: false },
    { name: "session-replay", title: "Read replays of sessions", exclusive: false },
    { name: "symbolicator", title: "Upload symbol files for crash reports", exclusive: false },
    { name: "enrichment", title: "Send data that enriches sessions", exclusive: true },
  ].map((scope) => [scope.name, scope]),
);
