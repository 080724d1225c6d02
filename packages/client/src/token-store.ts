/** An access token with the place where it is good. */
export type Token = {
  readonly accessToken: string;
  /** Base URL of the cloud, without a trailing slash. */
  readonly endpoint: string;
  readonly projectId: number;
  /** What was granted, separated by spaces. */
  readonly scope: string;
  /** When it was asked for; epoch milliseconds by this machine's clock. */
  readonly issuedAt: number;
  /** Counted from `issuedAt`, so that the service's clock does not matter; epoch milliseconds. */
  readonly expiresAt: number;
};

/**
 * Where several processes share tokens, such as a file or Redis. The values are tokens: keep them as secret as the
 * credential. A store that fails is passed over; what it returns is checked like an answer of the service.
 */
export type TokenStore = {
  /** @param key Names service, credential, project and scopes; holds no secret. */
  readonly get: (key: string) => Promise<Token | undefined>;
  readonly set: (key: string, token: Token) => Promise<void>;
};
