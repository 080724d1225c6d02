import { isIP } from "node:net";
import type { ScopeCatalogue } from "@biped/protocol";

const secondsPerDay = 86_400;

/**
 * A credential may own scopes that no token holds together, such as `enrichment` beside others: each token names its
 * own, so that the exclusive ones are a rule of tokens.
 */
export function findScopesMistake(scopes: readonly string[], catalogue: ScopeCatalogue): string | undefined {
  if (scopes.length === 0) return "scopes must name at least one scope.";
  return scopes.every((scope) => catalogue.has(scope)) ? undefined : "scopes names an unknown scope.";
}

export function findRangesMistake(allowedRanges: readonly string[]): string | undefined {
  if (allowedRanges.every(isRange)) return undefined;
  return "allowedRanges must be CIDR ranges, such as 192.0.2.0/24.";
}

function isRange(range: string): boolean {
  const parts = /^([0-9A-Fa-f.:]{2,45})\/(\d{1,3})$/.exec(range);
  const version = isIP(parts?.[1] ?? "");
  return version !== 0 && Number(parts?.[2]) <= (version === 4 ? 32 : 128);
}

export type Life = {
  readonly nowSeconds: number;
  /** When the credential was created: now, for one that is new. */
  readonly createdAt: number;
  /** The policy of its account. */
  readonly limitDays: number | undefined;
};

/** A credential of an account with a limit must end, and at most that long after its creation. */
export function findEndMistake(expiresAt: number | undefined, { nowSeconds, ...life }: Life): string | undefined {
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > nowSeconds)) {
    return "expiresAt must lie in the future.";
  }
  return isWithinLimit(expiresAt, life)
    ? undefined
    : `expiresAt must lie at most ${life.limitDays} days after the creation, as the account requires.`;
}

function isWithinLimit(expiresAt: number | undefined, { createdAt, limitDays }: Omit<Life, "nowSeconds">): boolean {
  if (limitDays === undefined) return true;
  return expiresAt !== undefined && expiresAt <= createdAt + limitDays * secondsPerDay;
}
