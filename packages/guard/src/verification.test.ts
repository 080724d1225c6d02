import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import {
  answerFeed,
  createClaims,
  endpoint,
  hold,
  issuer,
  metadata,
  openFeedWorld,
  start,
  tokenKey,
} from "../test/feed-world.ts";
import { holdTimeouts } from "../test/hold-timeouts.ts";
import type { GuardOptions } from "./guard-options.ts";
import { createTestKey, encodeBase64Url, type TestKey } from "./testing-key.ts";
import { signToken } from "./testing-tokens.ts";

const otherKey = await createTestKey("ES256");
const otherCloud = "https://api.us-east.example.com";

const goodClaims = createClaims(start);
const goodHeader = { alg: "ES256", typ: "at+jwt", kid: tokenKey.kid };

const make = (header: object, claims: object, key: TestKey = tokenKey) =>
  signToken(key, { header: { ...goodHeader, ...header }, claims: { ...goodClaims, ...claims } });

async function makeOfPayload(payload: string | Uint8Array): Promise<string> {
  const signingInput = `${encodeBase64Url(JSON.stringify(goodHeader))}.${encodeBase64Url(payload)}`;
  return `${signingInput}.${await tokenKey.sign(signingInput)}`;
}

/** Not in its last character, which has spare bits. */
function breakSignature(token: string): string {
  return `${token.slice(0, -3)}${token.at(-3) === "A" ? "B" : "A"}${token.slice(-2)}`;
}

describe("the log says what is wrong with a token, and the caller hears one text", () => {
  test.each<[reason: string, token: () => string | Promise<string>]>([
    ["no token, or an oversized one", () => "a".repeat(8193)],
    ["not three segments", () => "a.b"],
    ["unknown key", () => make({ kid: "of nobody" }, {})],
    ["an algorithm that is not the key's", () => make({ alg: "RS256" }, {})],
    ["bad signature", async () => breakSignature(await make({}, {}))],
    ["bad signature", () => make({}, {}, otherKey)],
    ["another type of token", () => make({ typ: "JWT" }, {})],
    ["missing or malformed claims", () => make({}, { project_id: "42" })],
    ["missing or malformed claims", () => makeOfPayload("no JSON")],
    ["missing or malformed claims", () => makeOfPayload(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ["another issuer", () => make({}, { iss: `${issuer}.example` })],
    ["an end before its beginning", () => make({}, { exp: start })],
    ["issued in the future", () => make({}, { iat: start + 61, exp: start + 3600 })],
    ["not yet valid", () => make({}, { nbf: start + 61 })],
    ["not yet valid", () => make({}, { nbf: "0" })],
    ["not yet valid", () => make({}, { nbf: null })],
    ["another audience", () => make({}, { aud: "https://api.nowhere.example" })],
  ])("%s", async (reason, createToken) => {
    const { guard, refusals } = openFeedWorld({ clockToleranceSeconds: 60 });
    const outcome = await guard.verify(await createToken());
    expect([outcome, refusals()]).toEqual([
      expect.objectContaining({ code: "JWT_INVALID", description: "Auth token is invalid." }),
      [reason],
    ]);
  });

  test("a signature of a header that is known, too", async () => {
    const { mint, verify, refusals } = openFeedWorld();
    const token = await mint();
    expect([await verify(token), await verify(breakSignature(token))]).toEqual(["accepted", "JWT_INVALID"]);
    expect(refusals()).toEqual(["bad signature"]);
  });

  test("a header that is none is refused for what it is, and no key is asked for", async () => {
    const { world, mint, verify, refusals } = openFeedWorld();
    await verify(await mint());
    const [, payload, signature] = (await mint()).split(".");
    world.now += 100;
    expect(await verify(`${encodeBase64Url("{}")}.${payload}.${signature}`)).toBe("JWT_INVALID");
    expect([refusals().length, refusals()[0] === "unknown key", world.keyFetches]).toEqual([1, false, 1]);
  });

  test("without keys: 503, and how soon to come again", async () => {
    const { world, guard, mint } = openFeedWorld();
    world.answersKeys = false;
    expect(await guard.verify(await mint())).toMatchObject({
      code: "KEYS_UNAVAILABLE",
      status: 503,
      description: "The keys that verify access tokens are not available.",
      reason: "no key set",
      headers: { "retry-after": "1" },
    });
  });
});

describe("times, to the second", () => {
  test.each([
    ["begins at the end of the tolerance", { nbf: start + 60 }, 0, "accepted"],
    ["is issued at the end of the tolerance", { iat: start + 60 }, 0, "accepted"],
    ["lives for a second", { exp: start + 1 }, 0, "accepted"],
    ["ended a second less ago than is tolerated", {}, 3659, "accepted"],
    ["ended as long ago as is tolerated", {}, 3660, "JWT_EXPIRED"],
  ])("a token that %s", async (_name, claims, seconds, verdict) => {
    const { world, verify } = openFeedWorld({ clockToleranceSeconds: 60 });
    const token = await make({}, claims);
    world.now += seconds;
    expect(await verify(token)).toBe(verdict);
  });
});

test("claims that this guard never accepted have no footing", () => {
  const { guard } = openFeedWorld();
  expect(() => guard.footing({ ...goodClaims, aud: [endpoint] })).toThrow(
    new TypeError("These are not the claims of a token that this guard has accepted."),
  );
});

describe("what is asked of the issuer", () => {
  test("a known key waits for no poll, although its header was never seen so before", async () => {
    const { world, guard, mint, verify } = openFeedWorld();
    await verify(await mint());
    const seconds = holdTimeouts(1000);
    world.reply = hold;
    world.now += 2;
    const another = await signToken(tokenKey, { header: { ...goodHeader, extra: 1 }, claims: goodClaims });
    expect(await verify(another)).toBe("accepted");
    expect([seconds.count(), world.keyFetches]).toEqual([1, 1]);
    guard.close();
  });

  test("without a feed to follow an unknown key is asked for, and that is all", async () => {
    const { world, asked, mint, verify } = openFeedWorld({ revocations: "off" });
    await verify(await mint());
    world.keys = [tokenKey, otherKey];
    world.now += 31;
    expect(await verify(await mint({}, otherKey))).toBe("accepted");
    expect([world.keyFetches, asked]).toEqual([2, []]);
  });

  test("a key that the feed names is asked for anew although the issuer was just asked, and no poll is due", async () => {
    const { world, mint, verify, settle } = openFeedWorld();
    await verify(await mint());
    world.now += 2;
    world.reply = () => answerFeed({ sequence: 2, keyIds: [tokenKey.kid, otherKey.kid] });
    await verify(await mint());
    await settle();
    expect(world.keyFetches).toBe(2);
    world.keys = [tokenKey, otherKey];
    world.reply = () => Promise.reject(new TypeError("away"));
    world.now += 1;
    expect(await verify(await mint({}, otherKey))).toBe("accepted");
    expect(world.keyFetches).toBe(3);
  });

  test("closing ends a look at the metadata", async () => {
    holdTimeouts(3000);
    const keys = { keys: [tokenKey.publicJwk] };
    const fetch: GuardOptions["fetch"] = async (url, { signal }) =>
      url.endsWith(".json") ? Response.json(keys) : hold(new URLSearchParams(), signal as AbortSignal);
    const { guard, verify } = openFeedWorld({ revocations: "off", fetch });
    await guard.ready();
    const verdict = verify(await make({}, { aud: otherCloud }));
    await new Promise(setImmediate);
    guard.close();
    expect(await verdict).toBe("JWT_INVALID");
  });

  test("a cloud that is known is told at once, and the metadata is not asked for it", async () => {
    const { world, guard } = openFeedWorld();
    world.metadata = { ...metadata, cloud_endpoints: [endpoint, otherCloud] };
    const token = await make({}, { aud: otherCloud, exp: start + 7200 });
    for (const seconds of [0, 31]) {
      world.now += seconds;
      const outcome = await guard.verify(token);
      expect([isRefusal(outcome) && outcome.members, world.metadataFetches]).toEqual([{ endpoint: otherCloud }, 1]);
    }
  });
});
