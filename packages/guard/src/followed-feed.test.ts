import { type Footing, footingOf, isRevoked, markCredential, markKey, markSecret, markToken } from "@biped/protocol";
import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { emptyDocument } from "../test/feed-world.ts";
import { type FollowedFeed, takeDocument } from "./followed-feed.ts";

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
