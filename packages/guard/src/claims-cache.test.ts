import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createClaimsCache } from "./claims-cache.ts";
import { createGuardOn } from "./guard.ts";
import type { KeySet } from "./key-set.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import { createTestIssuer } from "./testing.ts";
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
            checks += 1;
            return key.verify(input, signature);
          },
        };
      },
    },
  };
}

async function open(options: { maxEntries?: number; verifier?: Verifier } = {}) {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
  const counted = countChecks(options.verifier ?? nodeVerifier);
  const cache = { maxEntries: options.maxEntries ?? 100 };
  const guard = createGuardOn(counted.verifier, { ...issuer.guardOptions, cache, random: () => 0 });
  const plain = createGuardOn(nodeVerifier, { ...issuer.guardOptions, random: () => 0 });
  // A token that has to wait for the first key set is verified, but not remembered.
  await Promise.all([guard.ready(), plain.ready()]);
  return { issuer, guard, plain, checks: counted.checks };
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

test("it never holds more than its bound, and what is asked for often stays", () => {
  const cache = createClaimsCache(10);
  const keys: KeySet = { keys: new Map(), knownHeaders: new Map() };
  const claims = (jti: string) => ({ jti, exp: start + 3600, aud: [], epochs: {} }) as never;
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
);

testProperty(
  "a guard with a cache of any size answers like one without, whatever the clock and the keys do",
  300,
  fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (steps, maxEntries) => {
    const { issuer, guard, plain } = await open({ maxEntries });
    const tokens = await Promise.all([
      ...[5, 40, 100, 3600].map((lifetime) => issuer.mint({ exp: start + lifetime, jti: String(lifetime) })),
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
      else {
        const token = tokens[each.token] ?? "";
        const [cached, uncached] = [await guard.verify(token), await plain.verify(token)];
        expect(cached).toEqual(uncached);
        // Renewals in the background end before the next step, in both guards alike.
        await new Promise(setImmediate);
      }
    }
  }),
);
