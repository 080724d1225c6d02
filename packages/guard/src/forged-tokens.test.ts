import { createPrivateKey } from "node:crypto";
import { createServerMetadata, isRefusal, paths } from "@biped/protocol";
import fc from "fast-check";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import {
  algorithms,
  createForger,
  encode,
  encodeJson,
  endpoint,
  goodTokens,
  headerOf,
  issuer,
  keys,
  now,
  otherEndpoint,
  published,
  seal,
  show,
} from "../test/forger.ts";
import { confusions, families, sealHmac } from "../test/forgeries.ts";
import { createGuardOn, type Guard } from "./guard.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import type { Verifier } from "./verifier.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

function openGuard(verifier: Verifier): Guard {
  const metadata = createServerMetadata({ issuer, scopes: [], cloudEndpoints: [endpoint, otherEndpoint] });
  return createGuardOn(verifier, {
    issuer,
    endpoint,
    nowSeconds: () => now,
    monotonicSeconds: () => now,
    fetch: async (url) => new Response(JSON.stringify(url === `${issuer}${paths.metadata}` ? metadata : published)),
  });
}

const familyNames = Object.keys(families);

/** Promises that no forged token passes, and that each is refused with its own code. */
function testForgeries(name: string, cases: number, guard: Guard): void {
  const counts = new Map<string, number>();
  const arbitrary = fc.record({ family: fc.constantFrom(...familyNames), seed: fc.nat(0x7fffffff) });
  testProperty(
    name,
    cases,
    fc.asyncProperty(arbitrary, async ({ family, seed }) => {
      const { forge, expected = "JWT_INVALID" } = families[family] ?? { forge: () => "" };
      const outcome = await guard.verify(forge(createForger(seed)));
      counts.set(family, (counts.get(family) ?? 0) + 1);
      expect(isRefusal(outcome) ? outcome.code : "accepted").toBe(expected);
    }),
  );
  test(`${name}: every family had its turn`, () => {
    expect([...counts.keys()].toSorted()).toEqual(familyNames.toSorted());
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(cases);
  });
}

test("there are at least forty families of attacks", () => {
  expect(familyNames.length).toBeGreaterThanOrEqual(40);
});

testForgeries("on Node, no forged or mangled token is accepted", 100_000, openGuard(nodeVerifier));
testForgeries("on WebCrypto, no forged or mangled token is accepted", 10_000, openGuard(webVerifier));

const guards = [openGuard(nodeVerifier), openGuard(webVerifier)];

test.each(algorithms)("HMAC under every textual form of the %s public key is refused", async (algorithm) => {
  const forms = confusions[algorithm];
  const forger = { ...createForger(1), header: headerOf(keys[algorithm]) };
  for (const guard of guards) {
    for (const alg of ["HS256", "HS384", "HS512", algorithm]) {
      for (const form of forms) {
        const outcome = await guard.verify(sealHmac(forger, alg, form));
        expect(isRefusal(outcome) && outcome.code).toBe("JWT_INVALID");
      }
    }
  }
});

/** Texts of every kind that JSON can hold, short enough for a token. */
const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const epoch = fc.nat();
const goodClaims = fc.record({
  aud: fc.constantFrom(endpoint, [endpoint], ["https://elsewhere.example", endpoint]),
  iat: fc.integer({ min: now - 3000, max: now + 30 }),
  jti: text,
  scope: fc.constantFrom("data-export", "data-export metrics", "enrichment"),
  project_id: id,
  account_id: id,
  secret_id: text,
  epochs: fc.record({ account: epoch, project: epoch, credential: epoch }),
  client_id: text,
});

const trusted = createLocalJWKSet({ keys: Object.values(keys).map(show) } as unknown as JSONWebKeySet);

testProperty(
  "every good token passes on Node, on WebCrypto and with jose, with the same claims",
  600,
  fc.asyncProperty(fc.constantFrom(...algorithms), goodClaims, fc.boolean(), async (algorithm, facts, isSpaced) => {
    const key = keys[algorithm];
    const claims = { ...facts, iss: issuer, sub: facts.client_id, exp: facts.iat + 3600 };
    const payload = isSpaced ? JSON.stringify(claims, null, 2) : JSON.stringify(claims);
    const typ = isSpaced ? "application/AT+JWT" : "at+jwt";
    const token = seal(key, encodeJson({ ...headerOf(key), typ }), encode(payload));
    const how = { issuer, audience: endpoint, clockTolerance: 30, currentDate: new Date(now * 1000) };
    const verified = await jwtVerify(token, trusted, { ...how, algorithms: [...algorithms] });
    const expected = { ...verified.payload, aud: [verified.payload.aud].flat() };
    for (const guard of guards) expect(await guard.verify(token)).toEqual(expected);
  }),
);

test("a private key reads back as the public one that is shown, so that the forgeries above are what they claim", async () => {
  for (const algorithm of algorithms) {
    const { privateKey } = keys[algorithm];
    expect(createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).equals(privateKey)).toBe(true);
    for (const good of goodTokens[algorithm]) {
      for (const guard of guards) expect(isRefusal(await guard.verify(good))).toBe(false);
    }
  }
});
