import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { checkToken, type Expectations } from "./check-token.ts";

const now = 1_800_000_000;
const issuerUrl = "https://auth.example.com";
const cloud = "https://api.example.com";
const claims = {
  iss: issuerUrl,
  sub: "id",
  client_id: "id",
  aud: cloud,
  iat: now,
  exp: now + 3600,
  jti: "j",
  scope: "metrics data-export",
  project_id: 42,
};

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const pairs = new Map<string, Pair>();
let expectations: Expectations;

beforeAll(async () => {
  for (const alg of ["RS256", "ES256", "Ed25519"]) pairs.set(alg, await generateKeyPair(alg, { extractable: true }));
  const keys = await Promise.all(
    [...pairs].map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg, use: "sig" })),
  );
  const issuer = { issuer: issuerUrl, keys, cloudEndpoints: [cloud] };
  expectations = { issuer, nowMilliseconds: now * 1000, endpoint: undefined, requiredScopes: [] };
});

const sign = (change: Record<string, unknown> = {}, header: Record<string, unknown> = {}, alg = "RS256") =>
  new SignJWT({ ...claims, ...change })
    .setProtectedHeader({ alg, typ: "at+jwt", kid: alg, ...header })
    .sign(pairs.get(alg)!.privateKey);

/** The checks that did not pass, with their reasons. */
const fail = async (token: string, change: Partial<Expectations> = {}) => {
  const checks = await checkToken(token, { ...expectations, ...change });
  return Object.fromEntries(
    checks.filter(({ verdict }) => verdict === "failed").map(({ name, reason }) => [name, reason]),
  );
};
const skip = async (token: string, change: Partial<Expectations> = {}) => {
  const checks = await checkToken(token, { ...expectations, ...change });
  return checks.filter(({ verdict }) => verdict === "skipped").map(({ name }) => name);
};

describe("a good token passes every check", () => {
  test.each(["RS256", "ES256", "Ed25519"])("%s", async (alg) => {
    const token = await sign({}, {}, alg);
    expect(await fail(token)).toEqual({});
    expect(await skip(token)).toEqual(["revocation"]);
  });
  test("EdDSA, the older name of Ed25519", async () => {
    expect(
      await fail(
        await new SignJWT(claims)
          .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: "Ed25519" })
          .sign(pairs.get("Ed25519")!.privateKey),
      ),
    ).toEqual({});
  });
});

test.each<[string, Record<string, unknown>, Record<string, string>]>([
  [
    "another issuer",
    { iss: "https://evil.example" },
    { issuer: `https://evil.example, but this service is ${issuerUrl}` },
  ],
  [
    "another audience",
    { aud: "https://evil.example" },
    { audience: "https://evil.example is none of the service's clouds" },
  ],
  ["expired this second", { iat: now - 3600, exp: now }, { expiry: "expired now" }],
  ["from the future", { iat: now + 61, exp: now + 3661 }, { issued: "good only in 1 minute" }],
  ["not good yet", { nbf: now + 120 }, { issued: "good only in 2 minutes" }],
  ["a day long", { exp: now + 86_400 }, { lifetime: "86400 s (1 day) instead of 1 hour" }],
  ["without a scope", { scope: undefined }, { members: "missing or of another type: scope" }],
  ["project as a text", { project_id: "42" }, { members: "missing or of another type: project_id" }],
  ["no end", { exp: undefined }, { expiry: "exp is missing or no time" }],
  ["times of another type", { iat: "now" }, { issued: "iat is missing or no time" }],
])("%s: that check alone fails", async (_, change, failures) => {
  expect(await fail(await sign(change))).toEqual(failures);
});

test("another type", async () => {
  expect(await fail(await sign({}, { typ: "JWT" }))).toEqual({ type: "typ is JWT, not at+jwt" });
});

test("a key that the service does not have: the signature is not checked", async () => {
  const token = await sign({}, { kid: "other" });
  expect(await fail(token)).toEqual({ key: "the service has no key other" });
  expect(await skip(token)).toEqual(["signature", "revocation"]);
});

test("an algorithm that is not the key's", async () => {
  const token = await sign({}, { kid: "ES256" });
  expect(await fail(token)).toEqual({ algorithm: "RS256 is not what this key is for" });
});

test.each(["none", "HS256", "constructor", 7])(
  "alg %j is not accepted, and nothing is verified with it",
  async (alg) => {
    const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt", kid: "RS256" })).toString("base64url");
    const token = `${header}.${(await sign()).split(".").slice(1).join(".")}`;
    expect(await fail(token)).toEqual({ algorithm: `${alg} is none of RS256, ES256, EdDSA, Ed25519` });
    expect(await skip(token)).toEqual(["key", "signature", "revocation"]);
  },
);

test("changed claims: the signature fails", async () => {
  const [header = "", , signature = ""] = (await sign()).split(".");
  const changed = Buffer.from(JSON.stringify({ ...claims, project_id: 43 })).toString("base64url");
  expect(await fail([header, changed, signature].join("."))).toEqual({
    signature: "not made with that key, or the token was changed",
  });
});

test("no key named: the one that fits is taken when there is one", async () => {
  const token = await sign({}, { kid: undefined });
  expect(await fail(token)).toEqual({});
  const { keys } = expectations.issuer;
  const issuer = { ...expectations.issuer, keys: [...keys, ...keys] };
  expect(await fail(token, { issuer })).toEqual({ key: "it names no key, and the service has several or none" });
});

test.each([
  ["", "it has 1 part instead of three"],
  ["a.b", "it has 2 parts instead of three"],
  ["e30.e30.", "its signature is not canonical base64url"],
  ["e30=.e30.AA", "its header is not canonical base64url"],
  ["e30.e30.AB", "its signature is not canonical base64url"],
  ["W10.e30.AA", "its header is not a JSON object"],
  ["e30.bnVsbA.AA", "its claims are not a JSON object"],
  ["77u_e30.e30.AA", "its header is not a JSON object"],
  [
    "eyJjcml0IjpbImI2NCJdLCJiNjQiOmZhbHNlfQ.e30.AA",
    "its header asks for extensions (crit) that no token of this kind has",
  ],
])("%j: %s", async (token, reason) => {
  expect(await fail(token)).toEqual({ form: reason });
});

test("--endpoint is the only audience, and a service that lists no clouds leaves it open", async () => {
  const token = await sign();
  expect(await fail(token, { endpoint: "https://x.example" })).toEqual({
    audience: `${cloud} is not https://x.example`,
  });
  const issuer = { ...expectations.issuer, cloudEndpoints: undefined };
  expect(await skip(token, { issuer })).toEqual(["audience", "revocation"]);
  expect(await fail(token, { issuer, endpoint: cloud })).toEqual({});
});

test("--require-scope names what is lacking", async () => {
  expect(await fail(await sign(), { requiredScopes: ["metrics", "surveys"] })).toEqual({ scope: "lacks surveys" });
  expect(await fail(await sign(), { requiredScopes: ["metrics"] })).toEqual({});
});

test("claims nested beyond all measure fail like any other wrong claim", async () => {
  const nested = Buffer.from(`{"iss":${"[".repeat(100_000)}${"]".repeat(100_000)}}`).toString("base64url");
  const [header = "", , signature = ""] = (await sign()).split(".");
  expect(await fail([header, nested, signature].join("."))).toMatchObject({
    issuer: `something too large to show, but this service is ${issuerUrl}`,
  });
});
