import {
  type Footing,
  footingOf,
  isRevoked,
  markCredential,
  markKey,
  markSecret,
  markToken,
  type RevocationDocument,
} from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { emptyDocument } from "../test/feed-world.ts";
import { type AnswerTimes, type FollowedFeed, takeDocument } from "./followed-feed.ts";

type Change =
  | { readonly kind: "account" | "project" | "credential"; readonly id: number; readonly epoch: number }
  | { readonly kind: "token" | "secret" | "key"; readonly id: number }
  | { readonly kind: "before"; readonly id: number };

const few = fc.nat(2);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("account", "project", "credential"),
    id: few,
    // Zero takes nothing back, and a lower epoch than one before must not give anything back either.
    epoch: fc.nat(3),
  }),
  fc.record({ kind: fc.constantFrom("token", "secret", "key"), id: few }),
  fc.record({ kind: fc.constant("before"), id: fc.nat(5) }),
);
const token = fc.record({
  id: few,
  account: few,
  project: few,
  credential: few,
  secret: few,
  key: few,
  iat: fc.nat(5),
});
type Token = typeof token extends fc.Arbitrary<infer Value> ? Value & { readonly epochs: Epochs } : never;
type Epochs = { readonly account: number; readonly project: number; readonly credential: number };
const epochs: fc.Arbitrary<Epochs> = fc.record({ account: fc.nat(3), project: fc.nat(3), credential: fc.nat(3) });

/** What each change says of a token, by itself. */
function isHit(one: Change, held: Token): boolean {
  if (one.kind === "before") return held.iat < one.id;
  if (one.kind === "token") return held.id === one.id;
  if (!("epoch" in one)) return held[one.kind] === one.id;
  // The feed marks a credential's epochs one by one, the account's and the project's as what must be reached.
  if (one.kind === "credential") return held.credential === one.id && held.epochs.credential === one.epoch;
  return held[one.kind] === one.id && held.epochs[one.kind] < one.epoch;
}

function toFooting(held: Token): Footing {
  const names = { iss: "i", sub: "c", client_id: `c${held.credential}`, aud: ["a"], scope: "s", exp: 9, iat: held.iat };
  const ids = { account_id: held.account, project_id: held.project, jti: `j${held.id}`, secret_id: `s${held.secret}` };
  return footingOf({ ...names, ...ids, epochs: held.epochs }, `k${held.key}`);
}

function toDocument(all: readonly Change[], after: number, sequence: number) {
  const some = all.slice(Math.max(0, after - 1), sequence - 1);
  const epochsOf = (kind: "account" | "project") =>
    some.flatMap((one) => (one.kind === kind ? ([[one.id, one.epoch]] as const) : []));
  const marks = some.flatMap((one) => {
    if (one.kind === "token") return [markToken(`j${one.id}`)];
    if (one.kind === "secret") return [markSecret(`s${one.id}`)];
    if (one.kind === "key") return [markKey(`k${one.id}`)];
    return one.kind === "credential" ? [markCredential(`c${one.id}`, one.epoch)] : [];
  });
  const notBefore = Math.max(0, ...all.slice(0, sequence - 1).map((one) => (one.kind === "before" ? one.id : 0)));
  return {
    ...emptyDocument,
    after,
    sequence,
    notBefore,
    accounts: epochsOf("account"),
    projects: epochsOf("project"),
    marks,
  };
}

testProperty(
  "C-06: in whatever order things are taken back, and in whatever pieces it is told, each of them counts and nothing else",
  2_000,
  fc.property(
    fc.array(change, { maxLength: 12 }),
    fc.array(fc.record({ upTo: fc.nat(12), isWhole: fc.boolean() }), { maxLength: 6 }),
    fc.array(fc.tuple(token, epochs), { minLength: 1, maxLength: 10 }),
    (all, pieces, tokens) => {
      let feed: FollowedFeed | undefined;
      for (const { upTo, isWhole } of [...pieces, { upTo: 12, isWhole: false }]) {
        const known = feed?.state.sequence ?? 0;
        const sequence = Math.max(known, Math.min(upTo, all.length) + 1);
        const document = toDocument(all, isWhole ? 0 : known, sequence);
        const taken = takeDocument(feed, document, { askedAt: sequence, answeredAt: sequence });
        expect(taken.fault).toBeUndefined();
        feed = taken.feed;
      }
      for (const [held, heldEpochs] of tokens) {
        const whole = { ...held, epochs: heldEpochs };
        const expected = all.some((one) => isHit(one, whole));
        expect(feed !== undefined && isRevoked(toFooting(whole), feed.state)).toBe(expected);
        if (expected) expect(feed?.isEmpty).toBe(false);
      }
    },
  ),
);

describe("what is kept of a document", () => {
  const issuedAtSeconds = emptyDocument.issuedAtSeconds;
  const take = (former: FollowedFeed | undefined, changes: Partial<RevocationDocument>, times: AnswerTimes) =>
    takeDocument(former, { ...emptyDocument, sequence: 5, keyIds: ["k1"], ...changes }, times);
  const begin = (changes: Partial<RevocationDocument> = {}): FollowedFeed => {
    const { feed, fault } = take(undefined, changes, { askedAt: 100, answeredAt: 101 });
    if (feed === undefined) throw new Error(fault);
    return feed;
  };

  test("of the first one everything, with its times", () => {
    expect(begin({ ageSeconds: 3 })).toEqual({
      state: expect.objectContaining({ sequence: 5, keyIds: ["k1"] }),
      isEmpty: true,
      asOf: 97,
      newest: { issuedAtSeconds, answeredAt: 101 },
      answeredAt: 101,
      wholeAt: 101,
      olderSince: undefined,
      keysNamedAt: new Map([["k1", 101]]),
    });
  });

  test.each([
    ["a project", { projects: [[42, 1]] }],
    ["an account", { accounts: [[1, 1]] }],
    ["a token", { marks: [markToken("j1")] }],
    ["a time", { notBefore: 1 }],
  ] satisfies [string, Partial<RevocationDocument>][])("it is not empty with %s", (_name, changes) => {
    expect(begin(changes).isEmpty).toBe(false);
  });

  test("a part leaves the time of the whole, and a whole renews it", () => {
    const former = begin();
    const times = { askedAt: 110, answeredAt: 111 };
    expect(take(former, { after: 5, sequence: 6 }, times).feed).toMatchObject({ wholeAt: 101, answeredAt: 111 });
    expect(take(former, { after: 0, sequence: 6 }, times).feed).toMatchObject({ wholeAt: 111, answeredAt: 111 });
  });

  test("a key keeps the time since which it has been named, a new one gets its own, one that is gone has none", () => {
    const former = begin({ keyIds: ["k1", "k2"] });
    const { feed } = take(former, { after: 5, keyIds: ["k2", "k3"] }, { askedAt: 110, answeredAt: 111 });
    expect(feed?.keysNamedAt).toEqual(
      new Map([
        ["k2", 101],
        ["k3", 111],
      ]),
    );
  });

  test.each([
    ["that was signed later is the newest", 1, 110, { issuedAtSeconds: issuedAtSeconds + 1, answeredAt: 111 }],
    ["that comes again within ten seconds is as old as it says", 0, 110, { issuedAtSeconds, answeredAt: 101 }],
    ["that was signed a second before has aged by that", -1, 109, { issuedAtSeconds, answeredAt: 101 }],
  ])("one %s", (_name, seconds, asOf, newest) => {
    const changes = { after: 5, issuedAtSeconds: issuedAtSeconds + seconds };
    expect(take(begin(), changes, { askedAt: 110, answeredAt: 111 }).feed).toMatchObject({ asOf, newest });
  });

  test("one that comes again after a minute has aged by fifty seconds, and what it says of itself comes on top", () => {
    const { feed } = take(begin(), { after: 5, ageSeconds: 2 }, { askedAt: 160, answeredAt: 161 });
    expect(feed?.asOf).toBe(160 - 2 - 50);
  });

  test("of one that does not go on nothing; the whole is due", () => {
    const former = begin();
    const times = { askedAt: 110, answeredAt: 111 };
    const fault = "a feed that does not go on from the last one";
    expect(take(former, { after: 7, sequence: 9 }, times)).toEqual({
      feed: { ...former, wholeAt: Number.NEGATIVE_INFINITY },
      fault,
    });
    expect(take(undefined, { after: 7, sequence: 9 }, times)).toEqual({ feed: undefined, fault });
  });

  test("of an older one nothing but since when there have been some", () => {
    const former = begin();
    const fault = "an older feed than before";
    const first = take(former, { sequence: 4 }, { askedAt: 110, answeredAt: 111 });
    expect(first).toEqual({ feed: { ...former, olderSince: 111 }, fault });
    const second = take(first.feed, { sequence: 3 }, { askedAt: 112, answeredAt: 113 });
    expect(second).toEqual({ feed: { ...former, olderSince: 111 }, fault });
    expect(take(second.feed, { after: 5 }, { askedAt: 114, answeredAt: 115 }).feed?.olderSince).toBe(undefined);
  });

  const restored = { after: 0, sequence: 4, issuedAtSeconds: issuedAtSeconds + 1, ageSeconds: 9, keyIds: ["k1"] };
  const olderSince = 111;

  test("an older one, whole, newly signed and of a node that hears of its store is a restored store's, ten seconds on", () => {
    const former = { ...begin({ projects: [[42, 1]] }), olderSince };
    const { feed, fault } = take(former, restored, { askedAt: 120, answeredAt: 121 });
    expect(fault).toBe(undefined);
    expect(feed).toEqual({
      state: expect.objectContaining({ sequence: 4, projects: new Map() }),
      isEmpty: true,
      asOf: 111,
      newest: { issuedAtSeconds: issuedAtSeconds + 1, answeredAt: 121 },
      answeredAt: 121,
      wholeAt: 121,
      olderSince: undefined,
      keysNamedAt: new Map([["k1", 121]]),
    });
  });

  test.each([
    ["sooner", {}, 120.9, olderSince],
    ["the first time", {}, 1000, undefined],
    ["of a part", { after: 1 }, 121, olderSince],
    ["signed no later", { issuedAtSeconds }, 121, olderSince],
    ["of a node that is cut off", { ageSeconds: 10 }, 121, olderSince],
  ])("and not %s", (_name, changes, answeredAt, since) => {
    const former = { ...begin(), olderSince: since };
    expect(take(former, { ...restored, ...changes }, { askedAt: 120, answeredAt })).toEqual({
      feed: { ...former, olderSince: since ?? answeredAt },
      fault: "an older feed than before",
    });
  });
});
