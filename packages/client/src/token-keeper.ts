import type { Token } from "./token-store.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Keeps the token of one project and one set of scopes. One request is in flight whoever asks; a token that still lives
 * is handed out while its successor is fetched; a failure is told to those who wait for it, and forgotten.
 */
export type TokenKeeper = {
  readonly find: (signal?: AbortSignal | null) => Promise<Token>;
  /** Forgets exactly this token: one that came in the meantime stays. */
  readonly drop: (token: Token) => void;
};

export type TokenKeeperParts = {
  readonly request: () => Promise<Token>;
  /** Undefined when the token is not one that may be used. */
  readonly recall: () => Promise<Token | undefined>;
  /** Never rejects. */
  readonly store: (token: Token) => unknown;
  readonly now: () => number;
  readonly random: () => number;
};

/** The share of its life after which a token is replaced: 0.8 in the middle, drawn anew for each token. */
const earliestShare = 0.68;
const shareRange = 0.24;
/** After a renewal that failed in the background, this share of the remaining life passes before the next one. */
const restShare = 0.1;

type Kept = { readonly token: Token; readonly answer: Promise<Token>; renewAt: number };

export function createTokenKeeper({ request, recall, store, now, random }: TokenKeeperParts): TokenKeeper {
  let kept: Kept | undefined;
  let pending: Promise<Token> | undefined;
  let dropped: string | undefined;
  // Raised by each drop: what was asked for before it may be just as bad, and is asked for again.
  let generation = 0;

  const keep = (token: Token): void => {
    const renewAt = token.issuedAt + (token.expiresAt - token.issuedAt) * (earliestShare + shareRange * random());
    kept = { token, answer: Promise.resolve(token), renewAt };
  };
  const obtain = async (): Promise<Token> => {
    for (;;) {
      const asked = generation;
      const recalled = await recall();
      const isNew = recalled && recalled.accessToken !== dropped && recalled.accessToken !== kept?.token.accessToken;
      const token = isNew ? recalled : await request();
      if (asked !== generation) continue;
      keep(token);
      if (!isNew) store(token);
      return token;
    }
  };
  const renew = (): Promise<Token> => {
    pending ??= obtain().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const renewInBackground = (stale: Kept): void => {
    if (pending) return;
    renew().catch(() => {
      stale.renewAt = now() + (stale.token.expiresAt - now()) * restShare;
    });
  };

  return {
    find: (signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (kept) {
        const time = now();
        if (time < kept.renewAt) return kept.answer;
        if (time < kept.token.expiresAt) {
          renewInBackground(kept);
          return kept.answer;
        }
      }
      return waitFor(renew(), signal);
    },
    drop: (token) => {
      if (kept?.token.accessToken !== token.accessToken) return;
      dropped = token.accessToken;
      kept = undefined;
      generation += 1;
    },
  };
}
