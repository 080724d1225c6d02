import type { Scope } from "@biped/management-client";

/** A token holds an exclusive scope alone. A credential may own it beside others, so that this is told, not refused. */
export function findExclusiveNotice(chosen: readonly string[], catalogue: readonly Scope[]): string | undefined {
  const exclusive = catalogue.filter(({ name, isExclusive }) => isExclusive && chosen.includes(name));
  const [first] = exclusive;
  if (first === undefined || chosen.length < 2) return undefined;
  const names = exclusive.map(({ name }) => name).join(" and ");
  const stands = exclusive.length === 1 ? "stands alone in a token" : "each stand alone in a token";
  return `${names} ${stands}. The credential may own it beside others, but its program has to ask for two tokens: one with ${first.name} alone, and one with the others. A request for both is refused.`;
}

/** What one token can hold: all scopes that combine, or a single one that does not. */
export function chooseTokenScopes(owned: readonly string[], catalogue: readonly Scope[]): readonly string[] {
  const exclusive = new Set(catalogue.filter(({ isExclusive }) => isExclusive).map(({ name }) => name));
  const combining = owned.filter((name) => !exclusive.has(name));
  return combining.length > 0 ? combining : owned.slice(0, 1);
}

/** In the order of the catalogue, so that the same choice is always the same request. */
export function toggleScope(
  chosen: readonly string[],
  { name, isChosen }: { readonly name: string; readonly isChosen: boolean },
  catalogue: readonly Scope[],
): readonly string[] {
  const next = new Set(isChosen ? [...chosen, name] : chosen.filter((scope) => scope !== name));
  const known = catalogue.map((scope) => scope.name);
  return [...known.filter((scope) => next.has(scope)), ...[...next].filter((scope) => !known.includes(scope))];
}
