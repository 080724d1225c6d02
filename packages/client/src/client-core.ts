import { type AddressRules, createAddressRules } from "./address-rules.ts";
import { createBlot } from "./blot.ts";
import type { ClientOptions } from "./client-options.ts";
import { createSecretReader, readAuthUrl, readName, readPositive } from "./read-options.ts";
import type { Target } from "./read-token.ts";
import { createRetryBudget } from "./retry-policy.ts";
import { createSharedTokens } from "./shared-tokens.ts";
import { createTokenKeeper, type TokenKeeper } from "./token-keeper.ts";
import { type Authentication, createAuthentication } from "./token-request.ts";
import { createTransport, type Transport, type TransportParts } from "./transport.ts";
import { sleep as sleepInTime } from "./wait-for.ts";

/** What the clients of one credential share, whatever their project and scopes. */
export type ClientCore = Transport &
  Authentication &
  TransportParts & {
    readonly addresses: AddressRules;
    /** One for each project and set of scopes. */
    readonly findKeeper: (target: Target) => TokenKeeper;
  };

/** @throws {TypeError} an option is wrong; the message names it. */
export function createClientCore(options: ClientOptions): ClientCore {
  const authUrl = readAuthUrl(options.authUrl);
  const addresses = createAddressRules(authUrl, options.allowedHosts);
  if (!addresses.isSecure(authUrl)) throw new TypeError("authUrl must be https or local.");
  const readSecret = createSecretReader(options.clientSecret);
  // Known before it is first asked for: a token from the store may be in use long before that.
  let lastSecret = String(options.clientSecret);
  const parts: TransportParts = {
    ...readSurroundings(options),
    budget: createRetryBudget(),
    blot: createBlot(() => [lastSecret]),
  };
  const transport = createTransport(parts);
  const authentication = createAuthentication({
    ...parts,
    ...transport,
    addresses,
    authUrl: authUrl.href.replace(/\/$/, ""),
    clientId: readName("clientId", options.clientId),
    findSecret: async () => {
      lastSecret = await readSecret();
      return lastSecret;
    },
  });
  const keepers = new Map<string, TokenKeeper>();
  const findKeeper = (target: Target): TokenKeeper => {
    const scopes = target.scope.split(" ").sort().join(" ");
    const key = JSON.stringify([authUrl.href, options.clientId, target.projectId ?? null, scopes]);
    const known = keepers.get(key);
    if (known) return known;
    const shared = createSharedTokens({ tokenStore: options.tokenStore, key, target, addresses, now: parts.now });
    const keeper = createTokenKeeper({ ...parts, ...shared, request: () => authentication.requestToken(target) });
    keepers.set(key, keeper);
    return keeper;
  };
  return { ...parts, ...transport, ...authentication, addresses, findKeeper };
}

/** Time, chance and the way out; each can be replaced. */
function readSurroundings({
  // Looked up at each call, so that whoever replaces the global one later is heard.
  fetch = (input: RequestInfo | URL, init?: RequestInit) => globalThis.fetch(input, init),
  now = Date.now,
  random = Math.random,
  sleep = sleepInTime,
  on = {},
  timeoutMilliseconds = 30_000,
  maxAttempts = 4,
}: ClientOptions) {
  readPositive("timeoutMilliseconds", timeoutMilliseconds);
  readPositive("maxAttempts", maxAttempts);
  return { fetch, now, random, sleep, on, timeoutMilliseconds, maxAttempts };
}
