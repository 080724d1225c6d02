import type { AddressRules } from "./address-rules.ts";
import { readToken, type Target } from "./read-token.ts";
import type { Token, TokenStore } from "./token-store.ts";
import { waitFor } from "./wait-for.ts";

/** A store that takes longer is passed over, in milliseconds. */
const patienceMilliseconds = 2_000;

type SharedTokensParts = {
  readonly tokenStore: TokenStore | undefined;
  readonly key: string;
  readonly target: Target;
  readonly addresses: AddressRules;
  readonly now: () => number;
};

/** What a shared store holds is checked like an answer of the service; one that fails or hangs is passed over. */
export function createSharedTokens({ tokenStore, key, target, addresses, now }: SharedTokensParts) {
  const recall = async (): Promise<Token | undefined> => {
    try {
      const held = tokenStore && (await waitFor(tokenStore.get(key), AbortSignal.timeout(patienceMilliseconds)));
      const token = readToken({ ...held }, target, addresses);
      return "why" in token || token.issuedAt > now() || token.expiresAt <= now() ? undefined : token;
    } catch {
      return undefined;
    }
  };
  const store = async (token: Token): Promise<void> => {
    try {
      await tokenStore?.set(key, token);
    } catch {
      // The next process asks for a token of its own.
    }
  };
  return { recall, store };
}
