import {
  type AccessTokenClaims,
  accessTokenLifetimeSeconds,
  accessTokenType,
  createServerMetadata,
  defaultScopes,
  paths,
  type SigningAlgorithm,
} from "@biped/protocol";
import type { Fetch } from "./fetch-document.ts";
import type { GuardOptions } from "./guard-options.ts";
import { createTestFeed, isFeedUrl, type TestFeed, type TestRevocation } from "./testing-feed.ts";
import { createTestKey, type TestKey } from "./testing-key.ts";
import { type BadToken, makeBadToken, signToken } from "./testing-tokens.ts";

export type { TestRevocation } from "./testing-feed.ts";
export { type BadToken, badTokenNames, badTokens } from "./testing-tokens.ts";

export type TestIssuerOptions = {
  readonly issuer?: string;
  /** The cloud that good tokens are for. */
  readonly endpoint?: string;
  /** Another cloud of the same issuer. */
  readonly otherEndpoint?: string;
  readonly algorithm?: SigningAlgorithm;
  /** Where the issuer's clock starts, in epoch seconds. */
  readonly startSeconds?: number;
};

/** An authorization server inside a test: it signs, serves its keys, metadata and revocations, and owns the clock. */
export type TestIssuer = {
  /** For `createGuard`: this issuer, its endpoint, its clock, and a `fetch` that reaches nobody else. */
  readonly guardOptions: Pick<GuardOptions, "issuer" | "endpoint"> &
    Required<Pick<GuardOptions, "fetch" | "nowSeconds" | "monotonicSeconds">>;
  /** A good token, or one whose claims and header members you replace. `undefined` takes a member away. */
  readonly mint: (
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ) => Promise<string>;
  /** A token with the fault that its name tells; `badTokens` lists the names and the answers they must get. */
  readonly mintBad: (name: BadToken) => Promise<string>;
  /** Signs with a new key from now on. The key set shows the old ones too. */
  readonly rotate: () => Promise<void>;
  /** Takes all keys but the newest out of the key set. */
  readonly retire: () => void;
  /**
   * Takes back a token, or all tokens of a secret, a credential, a project, an account, a key or a time. A guard that is
   * in use knows it within 10 seconds: `advance(10)`.
   */
  readonly revoke: (revocation: TestRevocation) => void;
  /** Disables a project, whose tokens end with that. */
  readonly disable: (projectId: number) => void;
  /** Moves a project to another cloud, whose tokens end with that. */
  readonly move: (projectId: number, endpoint: string) => void;
  /** Moves the clock; back, if need be, the wall clock alone. */
  readonly advance: (seconds: number) => void;
  /** The URLs that were fetched so far. */
  readonly fetched: readonly string[];
};

export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = "https://auth.example.com", endpoint = "https://api.eu-west-1.example.com" } = options;
  const { otherEndpoint = "https://api.us-east.example.com", algorithm = "RS256" } = options;
  const fetched: string[] = [];
  let now = options.startSeconds ?? 1_800_000_000;
  let key = await createTestKey(algorithm);
  let keys: readonly TestKey[] = [key];
  const places = { issuer, endpoint, otherEndpoint };
  const feed = await createTestFeed(issuer, () => now);
  const facts = () => ({
    key,
    otherEndpoint,
    header: createHeader(key),
    claims: createClaims({ ...places, now, feed }),
  });
  let elapsed = 0;
  const clock = { nowSeconds: () => now, monotonicSeconds: () => elapsed };

  return {
    guardOptions: {
      issuer,
      endpoint,
      ...clock,
      fetch: createFetch(
        createAnswers(places, feed, () => keys),
        fetched,
      ),
    },
    async mint(claims = {}, header = {}) {
      const good = facts();
      const holder = { ...good.claims, ...claims };
      const epochs = "epochs" in claims ? claims.epochs : feed.epochsOf(holder);
      return signToken(key, { header: { ...good.header, ...header }, claims: { ...holder, epochs } });
    },
    mintBad: (name) => makeBadToken(name, facts()),
    async rotate() {
      key = await createTestKey(algorithm);
      keys = [key, ...keys];
    },
    retire() {
      keys = [key];
    },
    revoke: feed.revoke,
    disable: feed.disable,
    move: feed.move,
    advance(seconds) {
      now += seconds;
      elapsed += Math.max(0, seconds);
    },
    fetched,
  };
}

type Places = { readonly issuer: string; readonly endpoint: string; readonly otherEndpoint: string };
type Answer = string | object | Promise<string>;
type ReadAnswer = (url: string) => Answer | undefined;

function createAnswers(places: Places, feed: TestFeed, readKeys: () => readonly TestKey[]): ReadAnswer {
  const { issuer, endpoint, otherEndpoint } = places;
  const scopes = [...defaultScopes.keys()];
  const facts = { issuer, scopes, cloudEndpoints: [endpoint, otherEndpoint], revocationKeys: [feed.publicJwk] };
  const metadata = createServerMetadata(facts);
  return (url) => {
    if (url === `${issuer}${paths.metadata}`) return metadata;
    if (url === `${issuer}${paths.keySet}`) return { keys: readKeys().map(({ publicJwk }) => publicJwk) };
    if (!isFeedUrl(url, issuer)) return undefined;
    return feed.answer(
      url,
      readKeys().map(({ kid }) => kid),
    );
  };
}

function createHeader({ algorithm, kid }: TestKey) {
  return { alg: algorithm, typ: accessTokenType, kid };
}

type ClaimFacts = Places & { readonly now: number; readonly feed: TestFeed };

const holder = { client_id: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83", project_id: 42, account_id: 1 } as const;

function createClaims({ issuer, endpoint, now, feed }: ClaimFacts): AccessTokenClaims {
  return {
    iss: issuer,
    sub: holder.client_id,
    client_id: holder.client_id,
    aud: endpoint,
    exp: now + accessTokenLifetimeSeconds,
    iat: now,
    jti: crypto.randomUUID(),
    scope: "data-export metrics session-replay symbolicator",
    project_id: holder.project_id,
    account_id: holder.account_id,
    secret_id: "1",
    epochs: feed.epochsOf(holder),
  };
}

function createFetch(readAnswer: ReadAnswer, fetched: string[]): Fetch {
  return async (url) => {
    fetched.push(url);
    const answer = await readAnswer(url);
    if (answer === undefined) return new Response("", { status: 404 });
    if (typeof answer === "string") return new Response(answer, { headers: { "cache-control": "no-store" } });
    return new Response(JSON.stringify(answer), {
      headers: { "content-type": "application/json", "cache-control": "public, max-age=300" },
    });
  };
}
