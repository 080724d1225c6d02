import { defaultScopes, isScopeName, type ScopeCatalogue } from "@biped/protocol";

/** Of tokens that the admin listener makes for its own calls. No catalogue holds it, so that no credential can own it. */
export const exportAdministrationScope = "data-export-administration";

/**
 * The catalogue as configuration writes it: names separated by blanks or commas, `=exclusive` after one that combines
 * with no other: `data-export metrics enrichment=exclusive`.
 * @returns undefined where the text is not of that form.
 */
export function parseScopeCatalogue(text: string): ScopeCatalogue | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const scopes = words.map((word) => {
    const exclusive = word.endsWith("=exclusive");
    const name = exclusive ? word.slice(0, -"=exclusive".length) : word;
    return { name, title: defaultScopes.get(name)?.title ?? name, exclusive };
  });
  const catalogue = new Map(scopes.map((scope) => [scope.name, scope]));
  const wellFormed = scopes.every(({ name }) => isScopeName(name) && !name.includes("="));
  return scopes.length > 0 && catalogue.size === scopes.length && wellFormed ? catalogue : undefined;
}

/** The inverse of `parseScopeCatalogue`. */
export function formatScopeCatalogue(catalogue: ScopeCatalogue): string {
  return [...catalogue.values()].map(({ name, exclusive }) => (exclusive ? `${name}=exclusive` : name)).join(" ");
}
