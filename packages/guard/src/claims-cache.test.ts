import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import { decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createClaimsCache } from "./claims-cache.ts";
import type { Fetch } from "./fetch-document.ts";
import { createGuardOn } from "./guard.ts";
import type { KeySet } from "./key-set.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import { createTestIssuer, type TestRevocation } from "./testing.ts";
import type { Verifier } from "./verifier.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

const start = 1_800_000_000;

/** Counts the signatures that are checked, because that is what a cache spares. */
function countChecks(verifier: Verifier): { readonly verifier: Verifier; readonly checks: () => number } {
  let checks = 0;
  return {
    checks: () => checks,
    verifier: {
      ...verifier,
      async importKey(publicKey) {
        const key = await verifier.importKey(publicKey);
        if (key === undefined) return undefined;
        return {
          ...key,
          verify: (input, signature) => {
            // The feed's key is of this algorithm, and no token's here.
            if (key.algorithm !== "Ed25519") checks += 1;
            return key.verify(input, signature);
          },
        };
      },
    },
  };
}

type OpenOptions = { maxEntries?: number; verifier?: Verifier; revocations?: "off" };

async function open({ maxEntries = 100, verifier = nodeVerifier, ...options }: OpenOptions = {}) {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  const counted = countChecks(verifier);
  const { fetch, settle } = countFetches(issuer.guardOptions.fetch);
  const common = { ...issuer.guardOptions, ...options, fetch, random: () => 0 };
  const guard = createGuardOn(counted.verifier, { ...common, cache: { maxEntries } });
  const plain = createGuardOn(nodeVerifier, common);
  // A token that has to wait for the first key set is verified, but not remembered.
  await Promise.all([guard.ready(), plain.ready()]);
  return { issuer, guard, plain, checks: counted.checks, settle };
}

function countFetches(fetch: Fetch): { readonly fetch: Fetch; readonly settle: () => Promise<void> } {
  let underway = 0;
  return {
    async fetch(url, init) {
      underway += 1;
      return fetch(url, init).finally(() => {
        underway -= 1;
      });
    },
    /** Waits until every answer was taken in, in both guards alike. */
    async settle() {
      do await new Promise(setImmediate);
      while (underway > 0);
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    },
  };
}

test.each([
  { platform: "Node", verifier: nodeVerifier },
  { platform: "WebCrypto", verifier: webVerifier },
])("on $platform a token's signature is checked once a minute", async ({ verifier }) => {
  const { issuer, guard, checks } = await open({ verifier });
  const token = await issuer.mint();
  await guard.verify(token);
  issuer.advance(59);
  await guard.verify(token);
  expect(checks()).toBe(1);
  issuer.advance(1);
  await guard.verify(token);
  expect(checks()).toBe(2);
});

test("a token is not remembered beyond its end, although the tolerance still lets it pass", async () => {
  const { issuer, guard, checks } = await open();
  const token = await issuer.mint({ exp: start + 10 });
  await guard.verify(token);
  issuer.advance(9);
  await guard.verify(token);
  expect(checks()).toBe(1);
  issuer.advance(1);
  expect(isRefusal(await guard.verify(token))).toBe(false);
  expect(isRefusal(await guard.verify(token))).toBe(false);
  expect(checks()).toBe(3);
});

test("without the option every verification checks the signature", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  const { verifier, checks } = countChecks(nodeVerifier);
  const guard = createGuardOn(verifier, issuer.guardOptions);
  const token = await issuer.mint();
  for (let count = 0; count < 5; count += 1) await guard.verify(token);
  expect(checks()).toBe(5);
});

test("a refusal is never remembered", async () => {
  const { issuer, guard, checks } = await open();
  const token = await issuer.mintBad("expired");
  await guard.verify(token);
  await guard.verify(token);
  expect(checks()).toBe(2);
});

test("another scope or project is refused for a remembered token as well", async () => {
  const { issuer, guard } = await open();
  const presented = { authorization: [`Bearer ${await issuer.mint()}`], query: "" };
  expect(await guard.authorize(presented, { scopes: ["metrics"] })).toMatchObject({ project_id: 42 });
  expect(await guard.authorize(presented, { scopes: ["surveys"] })).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
  expect(await guard.authorize(presented, { scopes: [], projectId: 7 })).toMatchObject({ code: "NOT_FOUND" });
});

test("what one handler is given, another cannot have changed", async () => {
  const { issuer, guard } = await open();
  const token = await issuer.mint();
  const claims = (await guard.verify(token)) as unknown as { project_id: number; aud: string[]; epochs: object };
  expect(() => {
    claims.project_id = 7;
  }).toThrow(TypeError);
  expect(() => claims.aud.push("x")).toThrow(TypeError);
  expect(() => Object.assign(claims.epochs, { account: 9 })).toThrow(TypeError);
  expect(await guard.verify(token)).toMatchObject({ project_id: 42 });
});

const keys: KeySet = { keys: new Map(), knownHeaders: new Map() };
const claims = (jti: string, exp = start + 3600) => ({ jti, exp, aud: [], epochs: {} }) as never;

test("of ten places five are for the young: what is older goes, unless it was asked for", () => {
  const cache = createClaimsCache(10);
  const store = (from: number, to: number): void => {
    for (let at = from; at <= to; at += 1) cache.store(`k${at}`, claims(`k${at}`), { keys, nowSeconds: start });
  };
  const isFound = (name: string): boolean => cache.find(name, keys, start) !== undefined;
  store(1, 10);
  expect(["k1", "k2"].map(isFound)).toEqual([true, false]);
  store(11, 14);
  // Whoever is found among the old makes the young ones old, as there are five of them, and k6 is gone with the rest.
  expect(["k1", "k11", "k14", "k10", "k6"].map(isFound)).toEqual([true, true, true, true, false]);
});

test("it is found from the second in which it was stored, for 60 seconds, with the same keys alone", () => {
  const cache = createClaimsCache(10);
  cache.store("k", claims("k"), { keys, nowSeconds: start });
  const isFound = (seconds: number) => cache.find("k", keys, start + seconds) !== undefined;
  expect([-1, 0, 59, 60].map(isFound)).toEqual([false, true, true, false]);
  expect(cache.find("k", { ...keys }, start)).toBeUndefined();
  expect(isFound(0)).toBe(false);
});

test("what has ended already takes the place of nothing", () => {
  const cache = createClaimsCache(2);
  cache.store("good", claims("good"), { keys, nowSeconds: start });
  for (const name of ["a", "b", "c"]) cache.store(name, claims(name, start), { keys, nowSeconds: start });
  expect(cache.find("good", keys, start)).toMatchObject({ jti: "good" });
});

test("it never holds more than its bound, and what is asked for often stays", () => {
  const cache = createClaimsCache(10);
  cache.store("often", claims("often"), { keys, nowSeconds: start });
  for (let index = 0; index < 1000; index += 1) {
    cache.store(`k${index}`, claims(`k${index}`), { keys, nowSeconds: start });
    expect(cache.find("often", keys, start)).toMatchObject({ jti: "often" });
  }
  const kept = Array.from({ length: 1000 }, (_, index) => `k${index}`).filter((key) => cache.find(key, keys, start));
  expect(kept.length).toBeLessThanOrEqual(10);
});

/** What may happen between two verifications. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("verify" as const), token: fc.nat(11) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("advance" as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("back" as const), seconds: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rotate" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retire" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke" as const), what: fc.nat(6), token: fc.nat(3) }) },
);

/** By number: what is taken back of one of the first tokens, each of which has a project and a secret of its own. */
function createRevocation(
  { what, token }: { readonly what: number; readonly token: number },
  tokens: readonly string[],
) {
  const kinds: readonly TestRevocation[] = [
    { token: tokens[token] ?? "" },
    { secretId: `secret-${token}` },
    { projectId: 100 + token },
    { accountId: 1 },
    { clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83" },
    { keyId: String(decodeProtectedHeader(tokens[token] ?? "").kid) },
    { before: start + 60 * token },
  ];
  return kinds[what] ?? { accountId: 1 };
}

testProperty(
  "a guard with a cache of any size answers like one without, whatever the clock, the keys and the revocations do (R-18)",
  300,
  fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (steps, maxEntries) => {
    const { issuer, guard, plain, settle } = await open({ maxEntries });
    const tokens = await Promise.all([
      ...[5, 40, 100, 3600].map((lifetime, index) =>
        issuer.mint({
          exp: start + lifetime,
          jti: String(lifetime),
          project_id: 100 + index,
          secret_id: `secret-${index}`,
        }),
      ),
      ...[10, 60].map((wait) => issuer.mint({ iat: start + wait, exp: start + wait + 60 })),
      ...(["expired", "tampered", "otherCloud", "unknownKey", "notYetValid", "wrongIssuer"] as const).map(
        issuer.mintBad,
      ),
    ]);
    for (const each of steps) {
      if (each.do === "advance") issuer.advance(each.seconds);
      else if (each.do === "back") issuer.advance(-each.seconds);
      else if (each.do === "rotate") await issuer.rotate();
      else if (each.do === "retire") issuer.retire();
      else if (each.do === "revoke") issuer.revoke(createRevocation(each, tokens));
      else {
        const token = tokens[each.token] ?? "";
        const [cached, uncached] = [await guard.verify(token), await plain.verify(token)];
        expect(cached).toEqual(uncached);
        await settle();
      }
    }
  }),
);
