import { isRefusal, type Refusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { createGuardOn } from "./guard.ts";
import type { GuardEvent, GuardOptions } from "./guard-options.ts";
import { createGuard } from "./index.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import { badTokenNames, badTokens, createTestIssuer, type TestIssuer } from "./testing.ts";
import type { AccessToken } from "./verification.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

const start = 1_800_000_000;
const platforms = [
  { platform: "Node", verifier: nodeVerifier },
  { platform: "WebCrypto", verifier: webVerifier },
];

async function open(options: Partial<GuardOptions> = {}, verifier = nodeVerifier) {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  return { issuer, guard: createGuardOn(verifier, { ...issuer.guardOptions, ...options }) };
}

function codeOf(outcome: AccessToken | Refusal): string {
  return isRefusal(outcome) ? outcome.code : "accepted";
}

function keySetFetches({ fetched }: TestIssuer): number {
  return fetched.filter((url) => url === "https://auth.example.com/.well-known/jwks.json").length;
}

const bearer = (token: string, query = "") => ({ authorization: [`Bearer ${token}`], query });
const anyToken = { scopes: [] };
const exports = { scopes: ["data-export"] };

describe.each(platforms)("on $platform", ({ verifier }) => {
  test.each(["RS256", "ES256", "Ed25519"] as const)("a good %s token passes with its claims", async (algorithm) => {
    const issuer = await createTestIssuer({ algorithm, startSeconds: start });
    const guard = createGuardOn(verifier, issuer.guardOptions);
    expect(await guard.verify(await issuer.mint({ jti: "one" }))).toEqual({
      iss: "https://auth.example.com",
      sub: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83",
      client_id: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83",
      aud: ["https://api.eu-west-1.example.com"],
      exp: 1_800_003_600,
      iat: 1_800_000_000,
      jti: "one",
      scope: "data-export metrics session-replay symbolicator",
      project_id: 42,
      account_id: 1,
      secret_id: "1",
      epochs: { account: 0, project: 0, credential: 0 },
    });
  });

  test.each([...badTokenNames])("a token that is bad by %s gets its own answer", async (name) => {
    const { issuer, guard } = await open({}, verifier);
    expect(codeOf(await guard.authorize(bearer(await issuer.mintBad(name)), exports))).toBe(badTokens[name]);
  });
});

test("401 JWT_EXPIRED: the text that the documentation promises, and a challenge", async () => {
  const { issuer, guard } = await open();
  expect(await guard.verify(await issuer.mintBad("expired"))).toEqual({
    refused: true,
    code: "JWT_EXPIRED",
    status: 401,
    error: "invalid_token",
    description: "Auth token is expired.",
    reason: "Auth token is expired.",
    headers: {
      "www-authenticate": 'Bearer realm="biped", error="invalid_token", error_description="Auth token is expired."',
    },
    members: {},
  });
});

test("421 WRONG_CLOUD: the answer names the endpoint, and carries no challenge", async () => {
  const { issuer, guard } = await open();
  expect(await guard.verify(await issuer.mintBad("otherCloud"))).toMatchObject({
    status: 421,
    error: "invalid_request",
    description: "This project is served at https://api.us-east.example.com.",
    headers: {},
    members: { endpoint: "https://api.us-east.example.com" },
  });
});

test("without the feed the metadata is fetched on the first token of another audience, and not before", async () => {
  const { issuer, guard } = await open({ revocations: "off" });
  await guard.verify(await issuer.mint());
  expect(issuer.fetched).toEqual(["https://auth.example.com/.well-known/jwks.json"]);
  await guard.verify(await issuer.mintBad("wrongAudience"));
  await guard.verify(await issuer.mintBad("otherCloud"));
  expect(issuer.fetched.slice(1)).toEqual(["https://auth.example.com/.well-known/oauth-authorization-server"]);
});

test("401 JWT_INVALID: another audience while the metadata cannot be had", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  const { fetch } = issuer.guardOptions;
  const guard = createGuard({
    ...issuer.guardOptions,
    fetch: (url, init) => (url.endsWith("server") ? Promise.reject(new TypeError("away")) : fetch(url, init)),
  });
  expect(codeOf(await guard.verify(await issuer.mintBad("otherCloud")))).toBe("JWT_INVALID");
});

test("a token is good from its issue less the tolerance until its end plus the tolerance, to the second", async () => {
  const { issuer, guard } = await open({ clockToleranceSeconds: 10 });
  const codeAt = async (iat: number, exp: number): Promise<string> =>
    codeOf(await guard.verify(await issuer.mint({ iat, exp })));
  expect([await codeAt(start + 10, start + 20), await codeAt(start + 11, start + 20)]).toEqual([
    "accepted",
    "JWT_INVALID",
  ]);
  expect([await codeAt(start - 60, start - 9), await codeAt(start - 60, start - 10)]).toEqual([
    "accepted",
    "JWT_EXPIRED",
  ]);
});

test.each([
  { mode: "production", tolerance: 30 },
  { mode: "sandbox", tolerance: 0 },
] as const)("the tolerance is $tolerance seconds in $mode unless it is set", async ({ mode, tolerance }) => {
  const { issuer, guard } = await open({ mode });
  const ending = (exp: number) => issuer.mint({ iat: start - 60, exp });
  expect(codeOf(await guard.verify(await ending(start - tolerance + 1)))).toBe("accepted");
  expect(codeOf(await guard.verify(await ending(start - tolerance)))).toBe("JWT_EXPIRED");
});

test("the wall clock may jump an hour without a word to the key server", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  let now = start;
  const guard = createGuard({ ...issuer.guardOptions, nowSeconds: () => now });
  const token = await issuer.mint();
  expect(codeOf(await guard.verify(token))).toBe("accepted");
  now += 3700;
  expect(codeOf(await guard.verify(token))).toBe("JWT_EXPIRED");
  expect(keySetFetches(issuer)).toBe(1);
});

test.each([
  { request: "no Authorization header", authorization: [], query: "", code: "JWT_MISSING" },
  { request: "another scheme", authorization: ["Basic Zm9vOmJhcg=="], query: "", code: "JWT_MISSING" },
  { request: "two Authorization headers", authorization: ["Bearer a", "Bearer b"], query: "", code: "INVALID_REQUEST" },
  {
    request: "a token in the query",
    authorization: ["Bearer a"],
    query: "x=1&access_token=b",
    code: "INVALID_REQUEST",
  },
  { request: "an empty Bearer value", authorization: ["Bearer "], query: "", code: "JWT_INVALID" },
])("$code: $request", async ({ authorization, query, code }) => {
  const { issuer, guard } = await open();
  expect(codeOf(await guard.authorize({ authorization, query }, anyToken))).toBe(code);
  expect(issuer.fetched).toEqual([]);
});

test("403 INSUFFICIENT_SCOPE: the challenge names all scopes that the resource requires", async () => {
  const { issuer, guard } = await open();
  const token = await issuer.mint({ scope: "data-export" });
  expect(await guard.authorize(bearer(token), { scopes: ["data-export", "metrics"] })).toMatchObject({
    status: 403,
    error: "insufficient_scope",
    headers: { "www-authenticate": expect.stringContaining('error="insufficient_scope"') },
  });
  expect(await guard.authorize(bearer(token), { scopes: ["data-export", "metrics"] })).toMatchObject({
    headers: { "www-authenticate": expect.stringMatching(/, scope="data-export metrics"$/) },
  });
});

test("a scope is compared whole and with its case", async () => {
  const { issuer, guard } = await open();
  const token = await issuer.mint({ scope: "data-export-all Data-Export" });
  expect(codeOf(await guard.authorize(bearer(token), exports))).toBe("INSUFFICIENT_SCOPE");
});

test("401 JWT_INVALID: a scope claim that is no list of scope names", async () => {
  const { issuer, guard } = await open();
  const token = await issuer.mint({ scope: "data-export  metrics" });
  expect(codeOf(await guard.authorize(bearer(token), exports))).toBe("JWT_INVALID");
});

test("an exclusive scope passes alone, and is refused beside another one, as the catalogue says", async () => {
  const beside = { scope: "surveys data-export" };
  const scopes = new Map([["surveys", { name: "surveys", title: "Surveys", exclusive: true }]]);
  const plain = await open();
  const strict = await open({ scopes });
  const required = { scopes: ["surveys"] };
  expect(codeOf(await plain.guard.authorize(bearer(await plain.issuer.mint(beside)), required))).toBe("accepted");
  expect(codeOf(await strict.guard.authorize(bearer(await strict.issuer.mint(beside)), required))).toBe(
    "INSUFFICIENT_SCOPE",
  );
  const alone = await strict.issuer.mint({ scope: "surveys" });
  expect(codeOf(await strict.guard.authorize(bearer(alone), required))).toBe("accepted");
});

test.each([
  { projectId: 42, code: "accepted" },
  { projectId: 43, code: "NOT_FOUND" },
  { projectId: Number.NaN, code: "NOT_FOUND" },
  { projectId: undefined as unknown as number, code: "NOT_FOUND" },
  { projectId: "42" as unknown as number, code: "NOT_FOUND" },
])("a token of project 42 asking for an object of project $projectId: $code", async ({ projectId, code }) => {
  const { issuer, guard } = await open();
  const outcome = await guard.authorize(bearer(await issuer.mint()), { scopes: ["data-export"], projectId });
  expect(codeOf(outcome)).toBe(code);
});

test("the scope is asked before the project, so a token without the scope learns nothing about objects", async () => {
  const { issuer, guard } = await open();
  const token = await issuer.mint({ scope: "metrics" });
  expect(codeOf(await guard.authorize(bearer(token), { ...exports, projectId: 43 }))).toBe("INSUFFICIENT_SCOPE");
});

test("issuer, then time, then audience: each fault hides those behind it", async () => {
  const { issuer, guard } = await open();
  const over = { iat: start - 9000, exp: start - 5400 };
  const nobody = { aud: "https://api.nowhere.example" };
  const codes = [
    await guard.verify(await issuer.mint({ ...over, ...nobody, iss: "https://evil.example" })),
    await guard.verify(await issuer.mint({ ...over, ...nobody })),
    await guard.verify(await issuer.mint(nobody)),
  ].map(codeOf);
  expect(codes).toEqual(["JWT_INVALID", "JWT_EXPIRED", "JWT_INVALID"]);
});

test("503 KEYS_UNAVAILABLE: no key set was ever to be had, and Retry-After says when it is asked again", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  const asked: string[] = [];
  const fetch = (url: string): Promise<Response> => {
    asked.push(url);
    return Promise.reject(new TypeError("away"));
  };
  const guard = createGuard({ ...issuer.guardOptions, fetch });
  const token = await issuer.mint();
  expect(await guard.ready()).toBe(false);
  issuer.advance(0.5);
  expect(await guard.verify(token)).toMatchObject({
    code: "KEYS_UNAVAILABLE",
    status: 503,
    headers: { "retry-after": "1" },
  });
  expect(codeOf(await guard.verify("not.a.token"))).toBe("JWT_INVALID");
  expect(asked.filter((url) => url.endsWith("/jwks.json")).length).toBe(1);
  issuer.advance(0.5);
  expect(codeOf(await guard.verify(token))).toBe("KEYS_UNAVAILABLE");
  expect(asked.filter((url) => url.endsWith("/jwks.json")).length).toBe(2);
});

test("one fetch of each document and one import of each key serve 10,000 verifications", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  await issuer.rotate();
  let imports = 0;
  const counting = {
    ...nodeVerifier,
    importKey: (key: Parameters<typeof nodeVerifier.importKey>[0]) => {
      imports += 1;
      return nodeVerifier.importKey(key);
    },
  };
  const guard = createGuardOn(counting, issuer.guardOptions);
  const token = await issuer.mint();
  const codes = new Set<string>();
  for (let count = 0; count < 10_000; count += 1) codes.add(codeOf(await guard.verify(token)));
  expect([...codes]).toEqual(["accepted"]);
  // The third is the feed's own.
  expect({ fetches: keySetFetches(issuer), all: issuer.fetched.length, imports }).toEqual({
    fetches: 1,
    all: 3,
    imports: 3,
  });

  // Half of max-age and more later the set is renewed; what it still holds is not imported again.
  issuer.advance(200);
  await guard.verify(token);
  await guard.verify(token);
  await new Promise(setImmediate);
  expect({ fetches: keySetFetches(issuer), imports }).toEqual({ fetches: 2, imports: 3 });
});

test("10,000 tokens of unknown keys cause one fetch in 30 seconds", async () => {
  const { issuer, guard } = await open();
  await guard.ready();
  issuer.advance(30);
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => issuer.mint({}, { kid: `unknown-${index}` })),
  );
  const codes = new Set<string>();
  for (let round = 0; round < 500; round += 1) {
    const outcomes = await Promise.all(tokens.map((token) => guard.verify(token)));
    for (const outcome of outcomes) codes.add(codeOf(outcome));
  }
  expect([...codes]).toEqual(["JWT_INVALID"]);
  expect(keySetFetches(issuer)).toBe(2);
  issuer.advance(30);
  await guard.verify(tokens[0] ?? "");
  expect(keySetFetches(issuer)).toBe(3);
});

test("a token of a new key passes after one more fetch, and the old key's tokens pass while it is published", async () => {
  const { issuer, guard } = await open();
  const old = await issuer.mint();
  await guard.verify(old);
  issuer.advance(31);
  await issuer.rotate();
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("accepted");
  expect(codeOf(await guard.verify(old))).toBe("accepted");
  expect(keySetFetches(issuer)).toBe(2);
});

test("a token of a key that was taken away is refused once the set was renewed", async () => {
  const { issuer, guard } = await open({ cache: { maxEntries: 100 } });
  const old = await issuer.mint();
  expect(codeOf(await guard.verify(old))).toBe("accepted");
  expect(codeOf(await guard.verify(old))).toBe("accepted");
  await issuer.rotate();
  issuer.retire();
  issuer.advance(31);
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("accepted");
  expect(codeOf(await guard.verify(old))).toBe("JWT_INVALID");
});

test("only the configured algorithms are accepted", async () => {
  const { issuer, guard } = await open({ algorithms: ["RS256", "Ed25519"] });
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("KEYS_UNAVAILABLE");
});

test("events tell of keys, failures and refusals, and never of a token", async () => {
  const events: GuardEvent[] = [];
  const { issuer, guard } = await open({ onEvent: (event) => events.push(event) });
  const token = await issuer.mintBad("wrongType");
  await guard.authorize(bearer(token), anyToken);
  await guard.authorize({ authorization: [], query: "" }, anyToken);
  expect(events).toEqual([
    { kind: "document-loaded", document: "key set" },
    { kind: "refused", errorCode: "JWT_INVALID", reason: "another type of token" },
    { kind: "refused", errorCode: "JWT_MISSING", reason: "An access token is required." },
  ]);
});

test("a listener that throws changes no answer", async () => {
  const { issuer, guard } = await open({
    onEvent: () => {
      throw new Error("a broken listener");
    },
  });
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("accepted");
  expect(codeOf(await guard.verify("x"))).toBe("JWT_INVALID");
});

test("a closed guard verifies with the keys it has, and asks nobody any more", async () => {
  const { issuer, guard } = await open();
  expect(await guard.ready()).toBe(true);
  guard.close();
  issuer.advance(1000);
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("accepted");
  expect(codeOf(await guard.verify(await issuer.mintBad("unknownKey")))).toBe("JWT_INVALID");
  expect(keySetFetches(issuer)).toBe(1);
});

test("what is no text is no token", async () => {
  const { guard } = await open();
  for (const value of [undefined, null, 42, {}, ["a.b.c"]]) {
    expect(codeOf(await guard.verify(value as unknown as string))).toBe("JWT_INVALID");
  }
});
