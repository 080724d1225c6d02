import {
  type AccessTokenClaims,
  accessTokenLifetimeSeconds,
  accessTokenType,
  createServerMetadata,
  defaultScopes,
  paths,
  type SigningAlgorithm,
} from "@biped/protocol";
import type { GuardOptions } from "./guard-options.ts";
import type { Fetch } from "./remote-document.ts";
import { createTestKey, type TestKey } from "./testing-key.ts";
import { type BadToken, makeBadToken, signToken } from "./testing-tokens.ts";

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

/** An authorization server inside a test: it signs, serves its keys and its metadata, and owns the clock. */
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
  /** Moves the clock. */
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
  const facts = () => ({ key, otherEndpoint, header: createHeader(key), claims: createClaims({ ...places, now }) });
  const clock = { nowSeconds: () => now, monotonicSeconds: () => now };

  return {
    guardOptions: {
      issuer,
      endpoint,
      ...clock,
      fetch: createFetch(
        createAnswers(places, () => keys),
        fetched,
      ),
    },
    async mint(claims = {}, header = {}) {
      const good = facts();
      return signToken(key, { header: { ...good.header, ...header }, claims: { ...good.claims, ...claims } });
    },
    mintBad: (name) => makeBadToken(name, facts()),
    async rotate() {
      key = await createTestKey(algorithm);
      keys = [key, ...keys];
    },
    retire() {
      keys = [key];
    },
    advance(seconds) {
      now += seconds;
    },
    fetched,
  };
}

type Places = { readonly issuer: string; readonly endpoint: string; readonly otherEndpoint: string };
type Answers = ReadonlyMap<string, () => object>;

function createAnswers({ issuer, endpoint, otherEndpoint }: Places, readKeys: () => readonly TestKey[]): Answers {
  const scopes = [...defaultScopes.keys()];
  const metadata = createServerMetadata({ issuer, scopes, cloudEndpoints: [endpoint, otherEndpoint] });
  return new Map<string, () => object>([
    [`${issuer}${paths.keySet}`, () => ({ keys: readKeys().map(({ publicJwk }) => publicJwk) })],
    [`${issuer}${paths.metadata}`, () => metadata],
  ]);
}

function createHeader({ algorithm, kid }: TestKey) {
  return { alg: algorithm, typ: accessTokenType, kid };
}

type ClaimFacts = Places & { readonly now: number };

function createClaims({ issuer, endpoint, now }: ClaimFacts): AccessTokenClaims {
  return {
    iss: issuer,
    sub: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83",
    client_id: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83",
    aud: endpoint,
    exp: now + accessTokenLifetimeSeconds,
    iat: now,
    jti: crypto.randomUUID(),
    scope: "data-export metrics session-replay symbolicator",
    project_id: 42,
    account_id: 1,
    secret_id: "1",
    epochs: { account: 0, project: 0, credential: 0 },
  };
}

function createFetch(answers: Answers, fetched: string[]): Fetch {
  return async (url) => {
    fetched.push(url);
    const answer = answers.get(url);
    if (answer === undefined) return new Response("", { status: 404 });
    return new Response(JSON.stringify(answer()), {
      headers: { "content-type": "application/json", "cache-control": "public, max-age=300" },
    });
  };
}
