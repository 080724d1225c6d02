import { isRefusal, markToken, type Refusal, revocationFeedType } from "@biped/protocol";
import { decodeProtectedHeader } from "jose";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  answerFeed,
  emptyDocument,
  endpoint,
  type FeedReply,
  feedKey,
  formatFeed,
  hold,
  issuer as issuerUrl,
  metadata,
  openFeedWorld,
  start,
  tokenKey,
} from "../test/feed-world.ts";
import { type HeldTimeouts, holdTimeouts } from "../test/hold-timeouts.ts";
import { createGuardOn } from "./guard.ts";
import type { GuardOptions } from "./guard-options.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import { createTestIssuer, type TestIssuer, type TestRevocation } from "./testing.ts";
import { createTestKey, encodeBase64Url, signFeed, type TestKey } from "./testing-key.ts";
import type { AccessToken } from "./verification.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

const codeOf = (outcome: AccessToken | Refusal): string => (isRefusal(outcome) ? outcome.code : "accepted");
const otherEndpoint = "https://api.us-east.example.com";
const away: FeedReply = () => Promise.reject(new TypeError("away"));

const kinds: readonly (readonly [string, (token: string, issuer: TestIssuer) => TestRevocation, string])[] = [
  ["token", (token) => ({ token }), "accepted"],
  ["secret", () => ({ secretId: "1" }), "JWT_REVOKED"],
  ["credential", () => ({ clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83" }), "accepted"],
  ["project", () => ({ projectId: 42 }), "accepted"],
  ["account", () => ({ accountId: 1 }), "accepted"],
  ["key", (token) => ({ keyId: String(decodeProtectedHeader(token).kid) }), "JWT_REVOKED"],
  ["time", (_token, { guardOptions }) => ({ before: guardOptions.nowSeconds() + 1 }), "accepted"],
];

describe.each([
  { platform: "Node", verifier: nodeVerifier },
  { platform: "WebCrypto", verifier: webVerifier },
])("on $platform", ({ verifier }) => {
  test.each(kinds)("401 JWT_REVOKED: a token whose %s was taken back, 10 s later at the latest", async (...kind) => {
    const [, createRevocation, next] = kind;
    const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: start });
    const guard = createGuardOn(verifier, issuer.guardOptions);
    const token = await issuer.mint();
    const others = { client_id: "c", sub: "c", account_id: 2, project_id: 7, secret_id: "2" };
    expect(codeOf(await guard.verify(token))).toBe("accepted");
    issuer.revoke(createRevocation(token, issuer));
    issuer.advance(10);
    expect(codeOf(await guard.verify(token))).toBe("JWT_REVOKED");
    expect(codeOf(await guard.verify(await issuer.mint()))).toBe(next);
    const isOfAll = ["key", "time"].includes(kind[0]);
    if (!isOfAll) expect(codeOf(await guard.verify(await issuer.mint(others)))).toBe("accepted");
  });
});

test("401 JWT_REVOKED: the whole answer, with the challenge that makes a client ask for a new token", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuardOn(nodeVerifier, issuer.guardOptions);
  issuer.revoke({ accountId: 1 });
  expect(await guard.verify(await issuer.mint({ epochs: { account: 0, project: 0, credential: 0 } }))).toEqual({
    refused: true,
    code: "JWT_REVOKED",
    status: 401,
    error: "invalid_token",
    description: "Auth token is revoked.",
    reason: "Auth token is revoked.",
    headers: {
      "www-authenticate": 'Bearer realm="biped", error="invalid_token", error_description="Auth token is revoked."',
    },
    members: {},
  });
});

test("421 WRONG_CLOUD: a token from before its project moved away is told where to", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuardOn(nodeVerifier, issuer.guardOptions);
  const before = await issuer.mint();
  issuer.move(42, otherEndpoint);
  expect(await guard.verify(before)).toMatchObject({ code: "WRONG_CLOUD", members: { endpoint: otherEndpoint } });
  issuer.move(42, endpoint);
  issuer.advance(10);
  expect(codeOf(await guard.verify(before))).toBe("JWT_REVOKED");
  expect(codeOf(await guard.verify(await issuer.mint()))).toBe("accepted");
});

test("a token from after its project moved is judged by what it says itself", async () => {
  const { world, mint, verify } = openFeedWorld();
  world.reply = () => answerFeed({ projects: [[42, 1]], moved: [[42, otherEndpoint]] });
  const verdicts = [0, 1, 2].map(async (project) =>
    verify(await mint({ epochs: { account: 0, project, credential: 0 } })),
  );
  expect(await Promise.all(verdicts)).toEqual(["WRONG_CLOUD", "accepted", "accepted"]);
});

test("an endpoint that is none does not get into an answer: the token is revoked, and that is all", async () => {
  const { world, mint, verify } = openFeedWorld();
  world.reply = () => answerFeed({ projects: [[42, 1]], moved: [[42, 'https://x" evil']] });
  expect(await verify(await mint())).toBe("JWT_REVOKED");
});

test("what has expired is expired, and what is for another cloud is for another cloud, revoked or not", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuardOn(nodeVerifier, issuer.guardOptions);
  const [expired, other] = [await issuer.mintBad("expired"), await issuer.mintBad("otherCloud")];
  issuer.revoke({ accountId: 1 });
  expect([codeOf(await guard.verify(expired)), codeOf(await guard.verify(other))]).toEqual([
    "JWT_EXPIRED",
    "WRONG_CLOUD",
  ]);
});

/** Fifty that ask at once wait for the same second, and none that asks later. */
async function expectOneWait(
  { verify, settle }: ReturnType<typeof openFeedWorld>,
  seconds: HeldTimeouts,
  [token, verdict]: readonly [token: string, verdict: string],
): Promise<void> {
  const verdicts: string[] = [];
  const first = Promise.all(Array.from({ length: 50 }, async () => verdicts.push(await verify(token))));
  await settle(1);
  expect([verdicts, seconds.count()]).toEqual([[], 1]);
  seconds.end();
  await first;
  expect(verdicts).toEqual(Array(50).fill(verdict));
  for (let count = 0; count < 100; count += 1) expect(await verify(token)).toBe(verdict);
}

/** Signed at the start. */
const old = await formatFeed({ sequence: 8 });

describe("polls", () => {
  test("2,000 tokens in ten seconds cost ten calls, although this server answers long polls at once", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld();
    const token = await mint();
    for (let eighth = 0; eighth < 80; eighth += 1) {
      for (let count = 0; count < 25; count += 1) await verify(token);
      await settle();
      world.now += 1 / 8;
    }
    expect(asked).toEqual(["", ...Array.from({ length: 9 }, () => "?after=1&wait=10")]);
  });

  test("nobody asks, nobody is asked", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld();
    await verify(await mint());
    world.now += 1000;
    await settle();
    expect(asked).toEqual([""]);
  });

  test("with a long poll in flight no token waits, and what it brings counts at once", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld();
    const token = await mint();
    await verify(token);
    let answer = (_response: Response): void => {};
    world.reply = () => new Promise((resolve) => (answer = resolve));
    world.now += 1;
    expect(await verify(token)).toBe("accepted");
    world.now += 8;
    expect(await verify(token)).toBe("accepted");
    answer(await answerFeed({ after: 1, sequence: 2, projects: [[42, 1]] }));
    await settle(1);
    // There was a token while it was under way, so that the next one follows by itself.
    expect(asked).toEqual(["", "?after=1&wait=10", "?after=2&wait=10"]);
    expect(await verify(token)).toBe("JWT_REVOKED");
  });

  test("a long poll during which no token came is the last one", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld();
    const token = await mint();
    await verify(token);
    world.now += 1;
    await verify(token);
    world.now += 4;
    await settle();
    expect(asked).toEqual(["", "?after=1&wait=10"]);
  });

  test("after 5 s of silence a token waits for one quick answer, and before that for none", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld();
    const token = await mint();
    await verify(token);
    world.reply = () => answerFeed({ after: 1, sequence: 2, projects: [[42, 1]] });
    world.now += 5;
    expect(await verify(token)).toBe("JWT_REVOKED");
    world.reply = () => answerFeed({ after: 2, sequence: 3, accounts: [[1, 1]] });
    world.now += 4.999;
    expect(await verify(await mint({ epochs: { account: 0, project: 1, credential: 0 } }))).toBe("accepted");
    await settle();
    expect(asked).toEqual(["", "?after=1", "?after=2&wait=10"]);
  });

  test("all of it is read again every 30 minutes", async () => {
    const { world, guard, asked, mint, verify, settle } = openFeedWorld();
    world.reply = () => answerFeed({ marks: [1, 2, 3] });
    await verify(await mint());
    expect(guard.revocations().size).toBe(3);
    world.reply = () => answerFeed();
    for (const seconds of [1799, 1]) {
      world.now += seconds;
      if (seconds === 1799) world.reply = () => answerFeed({ after: 1 });
      else world.reply = () => answerFeed();
      await verify(await mint());
      await settle();
    }
    expect(asked).toEqual(["", "?after=1", ""]);
    expect(guard.revocations().size).toBe(0);
  });

  test("an answer that does not go on from what is known is left aside, and the whole is asked for", async () => {
    const { world, guard, asked, failures, mint, verify } = openFeedWorld();
    await verify(await mint());
    world.reply = () => answerFeed({ after: 7, sequence: 9, projects: [[42, 1]] });
    world.now += 5;
    expect(await verify(await mint())).toBe("accepted");
    world.now += 5;
    world.reply = () => answerFeed({ sequence: 9, projects: [[42, 1]] });
    expect(await verify(await mint())).toBe("JWT_REVOKED");
    expect(asked).toEqual(["", "?after=1", ""]);
    expect(failures()).toEqual(["a feed that does not go on from the last one"]);
    expect(guard.revocations()).toEqual({ followed: true, stalenessSeconds: 0, sequence: 9, size: 1 });
  });

  test("an older document is passed over for 10 s; then the store was restored, and the whole is taken", async () => {
    const { world, guard, failures, mint, verify, settle } = openFeedWorld();
    world.reply = () => answerFeed({ sequence: 9, projects: [[42, 1]] });
    await verify(await mint());
    world.reply = () => answerFeed({ sequence: 8 });
    world.now += 5;
    const codes: string[] = [];
    for (let second = 0; second <= 10; second += 1) {
      codes.push(await verify(await mint()));
      await settle();
      world.now += 1;
    }
    codes.push(await verify(await mint()));
    expect(codes).toEqual([...Array.from({ length: 11 }, () => "JWT_REVOKED"), "accepted"]);
    expect([guard.revocations().sequence, failures()]).toEqual([8, ["an older feed than before"]]);
  });

  test.each<[string, (round: number) => Promise<Response> | Response, step: number, rounds: number]>([
    [
      "a node that is behind for a moment",
      (round) => (round % 4 === 0 ? answerFeed({ after: 9, sequence: 9 }) : answerFeed({ sequence: 8 })),
      2,
      20,
    ],
    [
      "a node that is cut off from its store, and says so, for as long as it lasts,",
      (round) => answerFeed({ sequence: 8, ageSeconds: round }),
      1,
      60,
    ],
    ["an old document that is shown again, for as long as it is,", () => new Response(old), 1, 60],
  ])("%s does not make the guard forget", async (_name, reply, step, rounds) => {
    const { world, guard, mint, verify, settle } = openFeedWorld();
    world.now += 2;
    world.reply = () => answerFeed({ sequence: 9, projects: [[42, 1]] });
    await verify(await mint());
    for (let round = 1; round <= rounds; round += 1) {
      world.reply = () => reply(round);
      world.now += step;
      expect(await verify(await mint())).toBe("JWT_REVOKED");
      await settle();
    }
    expect(guard.revocations().sequence).toBe(9);
  });

  test("a closed guard goes on with what it knows, and asks nobody any more", async () => {
    const { world, guard, asked, mint, verify, settle } = openFeedWorld();
    world.reply = () => answerFeed({ projects: [[42, 1]] });
    await verify(await mint());
    guard.close();
    world.now += 60;
    expect(await verify(await mint())).toBe("JWT_REVOKED");
    await settle();
    expect(asked).toEqual([""]);
  });

  test("closing ends a long poll in flight, and that is no failure", async () => {
    const { world, guard, failures, mint, verify, settle } = openFeedWorld();
    await verify(await mint());
    world.now += 1;
    world.reply = hold;
    await verify(await mint());
    guard.close();
    await settle();
    expect(failures()).toEqual([]);
  });

  test("a quick one may take three seconds, a long one three more than it was asked to wait", async () => {
    const spy = vi.spyOn(AbortSignal, "timeout");
    onTestFinished(() => spy.mockRestore());
    const { world, mint, verify, settle } = openFeedWorld();
    const asked = async () => {
      await verify(await mint());
      await settle();
      return spy.mock.calls.splice(0).flat();
    };
    // The key set, the metadata and the feed, and the second for which a token waits.
    expect(await asked()).toEqual([3000, 3000, 1000, 3000]);
    world.now += 1;
    expect(await asked()).toEqual([13_000, 1000]);
  });
});

describe("while the feed is away", () => {
  test("open: tokens pass without a wait, what is known still counts, and the staleness is stated", async () => {
    const { world, guard, failures, mint, verify, settle } = openFeedWorld();
    world.reply = () => answerFeed({ projects: [[7, 1]] });
    await verify(await mint());
    world.reply = away;
    world.now += 3600;
    expect(await verify(await mint())).toBe("accepted");
    expect(await verify(await mint({ project_id: 7 }))).toBe("JWT_REVOKED");
    await settle();
    expect(guard.revocations()).toEqual({ followed: true, stalenessSeconds: 3600, sequence: 1, size: 1 });
    expect(failures()).toEqual(["no answer: TypeError"]);
  });

  test("it is asked once a second at most, and the failure is told once", async () => {
    const { world, asked, failures, mint, verify, settle } = openFeedWorld();
    world.reply = away;
    for (let eighth = 0; eighth < 80; eighth += 1) {
      await verify(await mint());
      await settle();
      world.now += 1 / 8;
    }
    expect(asked.length).toBe(10);
    expect(failures()).toEqual(["no answer: TypeError"]);
  });

  test("closed: 503 from the bound on, to the second, and tokens pass again once it is back", async () => {
    const { world, guard, mint, verify, settle } = openFeedWorld({
      revocations: { mode: "closed", maxStalenessSeconds: 60 },
    });
    world.reply = () => answerFeed({ ageSeconds: 2 });
    expect(await verify(await mint())).toBe("accepted");
    world.reply = away;
    world.now += 58;
    expect([await verify(await mint()), guard.revocations().stalenessSeconds]).toEqual(["accepted", 60]);
    world.now += 0.5;
    expect(await guard.verify(await mint())).toMatchObject({
      code: "TEMPORARILY_UNAVAILABLE",
      status: 503,
      description: "Whether access tokens were revoked is not known at the moment.",
      reason: "the revocation feed is stale",
      headers: { "retry-after": "1" },
    });
    expect(await guard.ready()).toBe(false);
    expect(await verify(await mint({ exp: start - 60, iat: start - 90 }))).toBe("JWT_EXPIRED");
    await settle();
    world.reply = () => answerFeed();
    world.now += 5;
    expect(await verify(await mint())).toBe("accepted");
    expect(await guard.ready()).toBe(true);
  });

  test("closed: what a node cannot know, because its store is away, is not believed for longer than the bound", async () => {
    const { world, mint, verify } = openFeedWorld({ revocations: { mode: "closed" } });
    world.reply = () => answerFeed({ ageSeconds: 30 });
    expect(await verify(await mint())).toBe("accepted");
    world.reply = () => answerFeed({ ageSeconds: 31 });
    world.now += 5;
    expect(await verify(await mint())).toBe("TEMPORARILY_UNAVAILABLE");
  });

  test("closed: an answer that a cache on the way gives again and again is as old as it is", async () => {
    const { world, guard, mint, verify, settle } = openFeedWorld({ revocations: { mode: "closed" } });
    await verify(await mint());
    const kept = await formatFeed({ after: 1 });
    world.reply = () => new Response(kept);
    const codes: string[] = [];
    for (let second = 0; second < 50; second += 1) {
      world.now += 1;
      await settle();
      codes.push(await verify(await mint()));
    }
    // A node itself gives an answer for ten seconds, beside the bound of thirty.
    const [first = 0, last] = [codes.indexOf("TEMPORARILY_UNAVAILABLE"), codes.lastIndexOf("accepted")];
    expect([first, last]).toEqual([40, 39]);
    expect(guard.revocations().stalenessSeconds).toBeGreaterThan(30);
    world.reply = () => answerFeed({ after: 1 });
    world.now += 5;
    expect(await verify(await mint())).toBe("accepted");
  });

  test("closed with the lowest bound: polls fit into it, so that steady traffic is never refused", async () => {
    const { world, asked, mint, verify, settle } = openFeedWorld({
      revocations: { mode: "closed", maxStalenessSeconds: 5 },
    });
    const codes = new Set<string>();
    for (let eighth = 0; eighth < 240; eighth += 1) {
      codes.add(await verify(await mint()));
      await settle();
      world.now += 1 / 8;
    }
    expect([...codes]).toEqual(["accepted"]);
    expect(asked[1]).toBe("?after=1&wait=1");
  });

  test.each([
    { mode: "open", code: "accepted" },
    { mode: "closed", code: "TEMPORARILY_UNAVAILABLE" },
  ] as const)("$mode: the first tokens wait a second for a feed that hangs, and the next ones not", async (example) => {
    const { mode, code } = example;
    const opened = openFeedWorld({ revocations: { mode } });
    const { world, guard, mint } = opened;
    const seconds = holdTimeouts(1000);
    world.reply = hold;
    const token = await mint();
    await expectOneWait(opened, seconds, [token, code]);
    expect(seconds.count()).toBe(0);
    expect(guard.revocations()).toEqual({
      followed: false,
      stalenessSeconds: Number.POSITIVE_INFINITY,
      sequence: 0,
      size: 0,
    });
    guard.close();
  });
});

describe("an issuer without a feed", () => {
  const { revocations_uri: _url, revocations_jwks: _keys, ...bare } = metadata as Record<string, unknown>;
  const feedUrl = `${issuerUrl}/v1/oauth/revocations`;
  const foreign = { ...bare, revocations_jwks: { keys: [feedKey.publicJwk] } };
  const examples = [
    ["has none", bare],
    ["names one elsewhere", { ...foreign, revocations_uri: "https://evil.example/v1/oauth/revocations" }],
    ["names one on plain http", { ...foreign, revocations_uri: "http://auth.example.com/v1/oauth/revocations" }],
    ["names one that is no URL", { ...foreign, revocations_uri: "nowhere" }],
    ["names a number", { ...foreign, revocations_uri: 7 }],
    ["names no key", { ...foreign, revocations_uri: feedUrl, revocations_jwks: {} }],
    ["names keys that are no set", { ...foreign, revocations_uri: feedUrl, revocations_jwks: [feedKey.publicJwk] }],
    [
      "names no key for Ed25519",
      { ...foreign, revocations_uri: feedUrl, revocations_jwks: { keys: [tokenKey.publicJwk] } },
    ],
  ] as const;

  test.each(examples)("that %s: open goes on and says so once; closed accepts nothing", async (_name, given) => {
    for (const [mode, code] of [
      ["open", "accepted"],
      ["closed", "TEMPORARILY_UNAVAILABLE"],
    ] as const) {
      const { world, guard, asked, failures, mint, verify, settle } = openFeedWorld({ revocations: { mode } });
      world.metadata = given;
      for (let second = 0; second < 20; second += 1) {
        expect(await verify(await mint())).toBe(code);
        await settle();
        world.now += 1;
      }
      expect([asked, failures()]).toEqual([[], ["the issuer has no revocation feed"]]);
      expect(guard.revocations().followed).toBe(false);
    }
  });

  test("that gets one is followed from then on", async () => {
    const { world, guard, mint, verify, settle } = openFeedWorld();
    world.metadata = bare;
    await verify(await mint());
    world.metadata = metadata;
    world.now += 200;
    await verify(await mint());
    await settle();
    world.now += 5;
    await verify(await mint());
    expect(guard.revocations().followed).toBe(true);
  });
});

const forger = await createTestKey("Ed25519");
const otherHeader = { alg: "EdDSA", typ: revocationFeedType, kid: feedKey.kid };
const signed = await formatFeed({ projects: [[42, 1]] });
const lies: Readonly<Record<string, readonly [reason: string, lie: () => Promise<Response> | Response]>> = {
  "a document by another key with the same kid": [
    "bad signature",
    async () => new Response(await formatFeed({}, { ...forger, kid: feedKey.kid })),
  ],
  "a document by another key": ["unknown key", async () => new Response(await formatFeed({}, forger))],
  "a document of another issuer": [
    "the feed of another issuer",
    () => answerFeed({ issuer: "https://evil.example", projects: [[42, 1]] }),
  ],
  "an access token": ["another type of document", async () => new Response(await openFeedWorld().mint())],
  "a changed document": [
    "bad signature",
    async () => {
      const other = (await formatFeed({ accounts: [[1, 1]] })).split(".")[1];
      return new Response(signed.replace(/\.[^.]*\./, `.${other}.`));
    },
  ],
  "another spelling": ["not canonical base64url", () => new Response(`${signed}=`)],
  "white space behind it": ["not canonical base64url", () => new Response(`${signed}\n`)],
  "JSON in its place": ["not three segments", () => Response.json({})],
  "a redirect": ["status 302", () => new Response("", { status: 302, headers: { location: "/x" } })],
  compression: ["a content-encoding", () => new Response(signed, { headers: { "content-encoding": "gzip" } })],
  "more than 4 MiB": ["more than 4096 KiB", () => new Response("x".repeat(4 * 1024 * 1024 + 1))],
  "a document that was signed more than five minutes ago": [
    "a feed of the past",
    () => answerFeed({ issuedAtSeconds: start - 301 }),
  ],
  "a header without a key": [
    "no alg or no kid in the header",
    () => new Response(signed.replace(/^[^.]*/, encodeBase64Url("{}"))),
  ],
  "a header with another algorithm": [
    "an algorithm that is not the key's",
    () => new Response(signed.replace(/^[^.]*/, encodeBase64Url(JSON.stringify(otherHeader)))),
  ],
  "a document that is none": ["not a revocation feed", async () => new Response(await signFeed(feedKey, "none"))],
  "a 503": ["status 503", () => new Response(signed, { status: 503 })],
};

test.each(Object.entries(lies))("a feed that answers with %s is not believed", async (_name, [reason, lie]) => {
  const { world, guard, failures, mint, verify } = openFeedWorld();
  world.reply = lie;
  expect(await verify(await mint())).toBe("accepted");
  expect([failures(), guard.revocations().followed]).toEqual([[reason], false]);
  world.reply = () => new Response(signed);
  world.now += 5;
  expect(await verify(await mint())).toBe("JWT_REVOKED");
  world.reply = lie;
  world.now += 5;
  expect(await verify(await mint())).toBe("JWT_REVOKED");
});

test("a document that was signed five minutes ago, or holds any octets, is read", async () => {
  const { world, guard, mint, verify } = openFeedWorld();
  const marks = Array.from({ length: 100 }, (_, index) => markToken(`j${index}`));
  world.reply = () => answerFeed({ issuedAtSeconds: start - 300, marks });
  expect((await formatFeed({ marks })).split(".")[1]).toMatch(/_.*-|-.*_/);
  await verify(await mint());
  expect(guard.revocations()).toMatchObject({ followed: true, size: 100 });
});

test("a feed is asked for by its type", async () => {
  const accepted: unknown[] = [];
  const fetch: GuardOptions["fetch"] = async (url, { headers }) => {
    accepted.push(headers);
    if (url.endsWith("/jwks.json")) return Response.json({ keys: [tokenKey.publicJwk] });
    return url.endsWith("/revocations") ? answerFeed() : Response.json(metadata);
  };
  const { mint, verify } = openFeedWorld({ fetch });
  expect(await verify(await mint())).toBe("accepted");
  const accepts = (accept: string) => ({ accept, "accept-encoding": "identity" });
  expect(accepted).toEqual([
    accepts("application/json"),
    accepts("application/json"),
    accepts("application/revocations+jws"),
  ]);
});

test("a feed whose key is newer than the metadata is believed after one look at the metadata", async () => {
  const { world, guard, mint, verify } = openFeedWorld();
  const next = await createTestKey("Ed25519");
  await verify(await mint());
  world.metadata = { ...metadata, revocations_jwks: { keys: [next.publicJwk] } };
  world.reply = async () => new Response(await formatFeed({ after: 1, sequence: 2, projects: [[42, 1]] }, next));
  world.now += 31;
  expect(await verify(await mint())).toBe("JWT_REVOKED");
  expect(guard.revocations().sequence).toBe(2);
});

/** A guard whose feed has just named a key that its key set, asked at once, does not have. */
async function openNewKeyWorld(next?: TestKey, options?: Partial<GuardOptions>) {
  const named = next ?? (await createTestKey("ES256"));
  const opened = openFeedWorld(options);
  const { world, mint, verify, settle } = opened;
  const keyIds = [tokenKey.kid, named.kid];
  await verify(await mint());
  world.reply = () => answerFeed({ after: 1, sequence: 2, keyIds });
  world.now += 2;
  await verify(await mint());
  await settle();
  world.reply = () => answerFeed({ after: 2, sequence: 2, keyIds });
  expect(world.keyFetches).toBe(2);
  return { ...opened, next: named };
}

describe("keys", () => {
  test("one that the feed names is fetched at once, however lately the issuer was asked", async () => {
    const { world, mint, verify, settle } = openFeedWorld();
    await verify(await mint());
    const next = await createTestKey("ES256");
    world.keys = [tokenKey, next];
    world.reply = () => answerFeed({ after: 1, sequence: 2, keyIds: [tokenKey.kid, next.kid] });
    world.now += 2;
    await verify(await mint());
    await settle();
    expect(world.keyFetches).toBe(2);
    expect(await verify(await mint({}, next))).toBe("accepted");
    expect(world.keyFetches).toBe(2);
  });

  test("one that signs all tokens that come is heard of, although no other token sets a poll going", async () => {
    const { world, mint, verify } = openFeedWorld();
    await verify(await mint());
    const next = await createTestKey("ES256");
    world.keys = [next];
    world.reply = () => answerFeed({ after: 1, sequence: 2, keyIds: [next.kid] });
    world.now += 2;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["accepted", 2]);
  });

  test("one that is unknown waits for a poll until that is a second old, and for no poll that has been open longer", async () => {
    const opened = openFeedWorld();
    const { world, guard, mint, verify } = opened;
    await verify(await mint());
    const seconds = holdTimeouts(1000);
    const next = await createTestKey("ES256");
    const token = await mint({}, next);
    world.keys = [tokenKey, next];
    world.reply = hold;
    world.now += 2;
    await expectOneWait(opened, seconds, [token, "JWT_INVALID"]);
    expect([world.keyFetches, seconds.count()]).toEqual([1, 0]);
    guard.close();
  });

  test("a token of a known key waits for no poll, however young that is", async () => {
    const { world, guard, asked, mint, verify } = openFeedWorld();
    await verify(await mint());
    const seconds = holdTimeouts(1000);
    world.reply = hold;
    world.now += 2;
    expect(await verify(await mint())).toBe("accepted");
    expect(seconds.count()).toBe(1);
    expect(asked.length).toBe(2);
    guard.close();
  });

  test("one that signs the first token after 5 s of silence is heard of before that is refused", async () => {
    const { world, mint, verify } = openFeedWorld();
    await verify(await mint());
    const next = await createTestKey("ES256");
    world.keys = [next];
    world.reply = () => answerFeed({ after: 1, sequence: 2, keyIds: [next.kid] });
    world.now += 5;
    expect(await verify(await mint({}, next))).toBe("accepted");
  });

  test("where the key set is behind the feed, a token of the new key asks again, however much later that comes", async () => {
    const { world, mint, verify, next } = await openNewKeyWorld();
    expect([await verify(await mint()), world.keyFetches]).toEqual(["accepted", 2]);
    world.keys = [tokenKey, next];
    world.now += 19;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["accepted", 3]);
  });

  test("an answer that was asked for before the key could be there is not the last word, whenever it comes", async () => {
    const { world, mint, verify, settle, next } = await openNewKeyWorld();
    world.now += 1.999;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["JWT_INVALID", 3]);
    world.keys = [tokenKey, next];
    await settle();
    world.now += 1;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["accepted", 4]);
  });

  test("a poll that fails has no news of keys, and asks for none", async () => {
    const { world, mint, verify, settle } = openFeedWorld();
    await verify(await mint());
    world.answersKeys = false;
    world.reply = () => answerFeed({ sequence: 2, keyIds: [tokenKey.kid, "k2"] });
    world.now += 1;
    await verify(await mint());
    await settle();
    expect(world.keyFetches).toBe(2);
    world.reply = away;
    world.now += 1.5;
    await verify(await mint());
    await settle();
    expect(world.keyFetches).toBe(2);
  });

  test("while the key set is away it is asked for the new key once a second", async () => {
    const { world, mint, verify, settle, next } = await openNewKeyWorld();
    world.answersKeys = false;
    const token = await mint({}, next);
    for (let eighth = 0; eighth < 80; eighth += 1) {
      world.now += 1 / 8;
      expect(await verify(token)).toBe("JWT_INVALID");
      await settle();
    }
    expect(world.keyFetches).toBe(12);
    world.keys = [next];
    world.answersKeys = true;
    world.now += 1;
    expect(await verify(token)).toBe("accepted");
  });

  test.each([
    { name: "beside one that can be used", keys: (unusable: TestKey) => [tokenKey, unusable] },
    { name: "alone in its set", keys: (unusable: TestKey) => [unusable] },
  ])(
    "one that this guard cannot use, $name, is asked for in a hurry until two seconds after the feed named it",
    async ({ keys }) => {
      const unusable = await createTestKey("Ed25519");
      const { world, mint, verify, settle } = await openNewKeyWorld(unusable, { algorithms: ["ES256"] });
      world.keys = keys(unusable);
      const token = await mint({}, unusable);
      for (let eighth = 0; eighth < 239; eighth += 1) {
        world.now += 1 / 8;
        expect(await verify(token)).toBe("JWT_INVALID");
        await settle();
      }
      // At 0, 1 and 2 s; from then on as for any unknown kid.
      expect(world.keyFetches).toBe(4);
      world.now += 2.25;
      await verify(token);
      expect(world.keyFetches).toBe(5);
    },
  );

  test("of two that the feed names one after the other, both are asked for in a hurry", async () => {
    const { world, mint, verify, settle, next } = await openNewKeyWorld();
    const second = await createTestKey("ES256");
    world.reply = () => answerFeed({ after: 2, sequence: 3, keyIds: [tokenKey.kid, next.kid, second.kid] });
    world.now += 1;
    await verify(await mint());
    await settle();
    expect(world.keyFetches).toBe(3);
    world.reply = () => answerFeed({ after: 3, sequence: 3, keyIds: [tokenKey.kid, next.kid, second.kid] });
    world.keys = [tokenKey, next, second];
    world.now += 0.999;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["JWT_INVALID", 3]);
    world.now += 0.001;
    expect([await verify(await mint({}, next)), world.keyFetches]).toEqual(["accepted", 4]);
    expect(await verify(await mint({}, second))).toBe("accepted");
  });

  test("L-06: 10,000 tokens of unknown keys while the issuer is away for ten minutes: a fetch in 30 s, and no good token suffers", async () => {
    const { world, mint, verify, settle } = openFeedWorld();
    const unknown = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => mint({}, { ...tokenKey, kid: `unknown-${index}` })),
    );
    const good = await mint();
    await verify(good);
    world.reply = away;
    world.answersKeys = false;
    const codes = new Map<string, number>();
    for (let second = 0; second < 600; second += 6) {
      for (const token of [...unknown, good]) {
        const code = await verify(token);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      await settle();
      world.now += 6;
    }
    expect(codes).toEqual(
      new Map([
        ["JWT_INVALID", 10_000],
        ["accepted", 100],
      ]),
    );
    expect(world.keyFetches).toBe(20);
  });
});

test("events: the feed's loading, its failure and its return, once each", async () => {
  const { world, events, mint, verify, settle } = openFeedWorld();
  const told = () => events.filter((event) => "document" in event && event.document === "revocations");
  for (const reply of [
    () => answerFeed(),
    away,
    away,
    () => answerFeed({ after: 1 }),
    () => answerFeed({ after: 1 }),
  ]) {
    world.reply = reply;
    await verify(await mint());
    await settle();
    world.now += 5;
  }
  expect(told()).toEqual([
    { kind: "document-loaded", document: "revocations" },
    { kind: "document-failed", document: "revocations", reason: "no answer: TypeError" },
    { kind: "document-loaded", document: "revocations" },
  ]);
});

test("off: the feed is not followed, and nothing but the keys is fetched", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuardOn(nodeVerifier, { ...issuer.guardOptions, revocations: "off" });
  issuer.revoke({ accountId: 1 });
  const token = await issuer.mint({ epochs: { account: 0, project: 0, credential: 0 } });
  expect(codeOf(await guard.verify(token))).toBe("accepted");
  expect(issuer.fetched.length).toBe(1);
  expect(guard.revocations()).toEqual({
    followed: false,
    stalenessSeconds: Number.POSITIVE_INFINITY,
    sequence: 0,
    size: 0,
  });
  expect(await guard.disabledProjects()).toEqual(new Set());
});

describe("what a token stands on", () => {
  test("can be kept, and asked about later without the token", async () => {
    const issuer = await createTestIssuer({ algorithm: "ES256" });
    const guard = createGuardOn(nodeVerifier, { ...issuer.guardOptions, cache: { maxEntries: 10 } });
    await guard.ready();
    const token = await issuer.mint();
    const [one, again] = [await guard.verify(token), await guard.verify(token)] as [AccessToken, AccessToken];
    const footing = guard.footing(one);
    expect(guard.footing(again)).toEqual(footing);
    expect(await guard.checkFooting(footing)).toBeUndefined();
    issuer.revoke({ token });
    issuer.advance(10);
    expect(await guard.checkFooting(footing)).toMatchObject({ code: "JWT_REVOKED" });
  });

  test("is asked about as a token is: the refusal is told, and without a feed to follow there is none", async () => {
    const { world, guard, mint, refusals } = openFeedWorld();
    const footing = guard.footing((await guard.verify(await mint())) as AccessToken);
    expect([await guard.checkFooting(footing), refusals()]).toEqual([undefined, []]);
    world.reply = () => answerFeed({ after: 1, sequence: 2, projects: [[42, 1]] });
    world.now += 5;
    expect(await guard.checkFooting(footing)).toMatchObject({ code: "JWT_REVOKED" });
    expect(refusals()).toEqual(["Auth token is revoked."]);
    const unfollowing = openFeedWorld({ revocations: "off" }).guard;
    expect(await unfollowing.checkFooting(footing)).toBe(undefined);
    unfollowing.close();
  });

  test("is not known of claims that this guard never accepted", async () => {
    const { guard, mint } = openFeedWorld();
    const claims = (await guard.verify(await mint())) as AccessToken;
    expect(() => guard.footing({ ...claims })).toThrow(TypeError);
  });
});

test("without a feed no project is disabled", async () => {
  const { world, guard } = openFeedWorld();
  world.reply = away;
  expect(await guard.disabledProjects()).toEqual(new Set());
});

test("the disabled projects are those of the feed, and asking for them keeps it followed", async () => {
  const { world, guard, asked } = openFeedWorld();
  world.reply = () => answerFeed({ disabled: [7, 42] });
  expect(await guard.disabledProjects()).toEqual(new Set([7, 42]));
  world.reply = () => answerFeed({ after: 1, sequence: 2, disabled: [7] });
  world.now += 5;
  expect(await guard.disabledProjects()).toEqual(new Set([7]));
  expect(asked).toEqual(["", "?after=1"]);
  expect(emptyDocument.sequence).toBe(1);
});
