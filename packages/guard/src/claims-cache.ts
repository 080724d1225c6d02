import type { PresentedClaims } from "@biped/protocol";
import type { KeySet } from "./key-set.ts";

/**
 * Claims of tokens that passed every check, by the SHA-256 of the whole token. Two generations bound it: when the
 * young one is full it becomes the old one, and what the old one held and nobody asked for is gone.
 *
 * It does NOT notice a revocation: what it finds is still asked for, like what was verified just now.
 */
export type ClaimsCache = {
  readonly find: (digest: string, keys: KeySet, nowSeconds: number) => PresentedClaims | undefined;
  readonly store: (digest: string, claims: PresentedClaims, found: CacheFacts) => void;
};

/** With which keys the token was verified, and when. */
export type CacheFacts = { readonly keys: KeySet; readonly nowSeconds: number };

type Entry = { readonly claims: PresentedClaims; readonly storedAt: number; readonly diesAt: number };

const maxLifetimeSeconds = 60;

export function createClaimsCache(maxEntries: number): ClaimsCache {
  const generationSize = Math.ceil(maxEntries / 2);
  let keysOfEntries: KeySet | undefined;
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();

  const add = (digest: string, entry: Entry): void => {
    if (young.size >= generationSize) {
      old = young;
      young = new Map();
    }
    young.set(digest, entry);
  };

  const flushUnlessOf = (keys: KeySet): void => {
    if (keys === keysOfEntries) return;
    keysOfEntries = keys;
    young = new Map();
    old = new Map();
  };

  return {
    find(digest, keys, nowSeconds) {
      flushUnlessOf(keys);
      const recent = young.get(digest);
      const entry = recent ?? old.get(digest);
      // A wall clock that was set back is no reason to believe a token that had not begun by then.
      if (entry === undefined || nowSeconds < entry.storedAt || nowSeconds >= entry.diesAt) return undefined;
      if (recent === undefined) add(digest, entry);
      return entry.claims;
    },
    store(digest, claims, { keys, nowSeconds }) {
      flushUnlessOf(keys);
      const diesAt = Math.min(claims.exp, nowSeconds + maxLifetimeSeconds);
      if (diesAt > nowSeconds) add(digest, { claims: freeze(claims), storedAt: nowSeconds, diesAt });
    },
  };
}

/** Many requests will share one object; none of them may write what the next one reads. */
function freeze(claims: PresentedClaims): PresentedClaims {
  Object.freeze(claims.aud);
  Object.freeze(claims.epochs);
  return Object.freeze(claims);
}
