import type { TokenStore } from "./token-store.ts";

/** What happened inside, for logs and metrics. No event holds a secret or a token. A hook that throws is ignored. */
export type ClientHooks = {
  readonly tokenRenewed?: (event: TokenRenewed) => void;
  readonly retried?: (event: Retried) => void;
  /** The service's `Date` differs from this machine's clock by at least 30 seconds. */
  readonly clockSkewSeen?: (event: { readonly skewSeconds: number }) => void;
  /** The secret in use ends within 14 days. Said with each renewal, where the service tells it. */
  readonly secretExpiring?: (event: { readonly expiresAt: Date; readonly secondsLeft: number }) => void;
};

export type TokenRenewed = {
  readonly projectId: number;
  readonly scope: string;
  readonly endpoint: string;
  readonly expiresAt: Date;
};

export type Retried = {
  readonly method: string;
  /** Without the query. */
  readonly url: string;
  /** 1 for the first repetition. */
  readonly attempt: number;
  readonly delayMilliseconds: number;
  /** The status that was answered, or the code of the failed connection. */
  readonly reason: number | string;
};

export type ClientOptions = {
  /** Where tokens are: the service's base URL, or the URL of its authentication endpoint (…/v1/oauth/token). */
  readonly authUrl: string | URL;
  readonly clientId: string;
  /** A function is asked before each token request, so that a rotated secret is taken up without a restart. */
  readonly clientSecret: string | (() => string | Promise<string>);
  /** Separated by spaces, or a list. */
  readonly scope: string | readonly string[];
  /** For account-level credentials: whose data. `forProject` names it later. */
  readonly projectId?: number | undefined;
  /**
   * Hosts to which a token may go: each allows itself and its subdomains. Without it, the parent domain of `authUrl`
   * if that has two labels or more, else its host itself.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** For one attempt until its answer begins, in milliseconds; 30,000. */
  readonly timeoutMilliseconds?: number | undefined;
  /** How often one call is sent at most, the first time included; 4. */
  readonly maxAttempts?: number | undefined;
  /** Where several processes share tokens. */
  readonly tokenStore?: TokenStore | undefined;
  readonly on?: ClientHooks | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Epoch milliseconds, as `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** From 0 to less than 1, as `Math.random`: jitter needs no secrecy. */
  readonly random?: (() => number) | undefined;
  /** Waits; rejects with the signal's reason when that aborts first. */
  readonly sleep?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
};
