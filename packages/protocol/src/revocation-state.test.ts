import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import type { RevocationDocument } from "./revocation-feed.ts";
import { type Footing, markCredential, markKey, markSecret, markToken } from "./revocation-marks.ts";
import { followRevocations, isRevoked, type RevocationState } from "./revocation-state.ts";

const empty: RevocationDocument = {
  issuer: "https://auth.example.com",
  after: 0,
  sequence: 10,
  issuedAtSeconds: 1_800_000_000,
  ageSeconds: 0,
  notBefore: 0,
  keyIds: ["k1"],
  moved: [],
  disabled: [],
  accounts: [],
  projects: [],
  marks: [],
};

function follow(state: RevocationState | undefined, document: Partial<RevocationDocument>): RevocationState {
  const next = followRevocations(state, { ...empty, ...document });
  if (next === undefined) throw new Error("The document does not go on from the state.");
  return next;
}

const footing: Footing = {
  account: [7, 1],
  project: [42, 1],
  marks: [markToken("t1"), markSecret("s1"), markCredential("c1", 0), markKey("k1")],
  issuedAt: 1000,
};

test("disabled projects are those of the last document that named them", () => {
  const first = follow(undefined, { disabled: [1, 2] });
  const second = follow(first, { after: 10, sequence: 11, disabled: undefined });
  const third = follow(second, { after: 11, sequence: 12, disabled: [2] });
  expect([first, second, third].map(({ disabled }) => [...disabled])).toEqual([[1, 2], [1, 2], [2]]);
});

test("where the whole names no disabled projects, none is known", () => {
  expect(follow(undefined, { disabled: undefined }).disabled).toEqual(new Set());
});

describe("a token is revoked", () => {
  test.each<[string, Partial<RevocationDocument>]>([
    ["its account reached a higher epoch", { accounts: [[7, 2]] }],
    ["its project reached a higher epoch", { projects: [[42, 2]] }],
    ["itself", { marks: [markToken("t1")] }],
    ["its secret", { marks: [markSecret("s1")] }],
    ["its credential at its epoch", { marks: [markCredential("c1", 0)] }],
    ["its key", { marks: [markKey("k1")] }],
    ["everything before the second after its own", { notBefore: 1001 }],
  ])("%s", (_name, document) => {
    expect(isRevoked(footing, follow(undefined, document))).toBe(true);
  });

  test.each<[string, Partial<RevocationDocument>]>([
    ["nothing", {}],
    ["its account at its own epoch", { accounts: [[7, 1]] }],
    ["another account", { accounts: [[8, 2]] }],
    ["another project", { projects: [[43, 2]] }],
    ["a project with the id of its account", { projects: [[7, 9]] }],
    ["others of each kind", { marks: [markToken("s1"), markSecret("t1"), markCredential("c1", 1), markKey("k2")] }],
    ["everything before its own second", { notBefore: 1000 }],
  ])("not: %s", (_name, document) => {
    expect(isRevoked(footing, follow(undefined, document))).toBe(false);
  });
});

describe("a follower", () => {
  test("adds what comes after what it has", () => {
    const first = follow(undefined, { accounts: [[7, 1]], marks: [1] });
    const second = follow(first, { after: 10, sequence: 12, projects: [[42, 3]], marks: [2], keyIds: ["k2"] });
    expect(second).toEqual({
      sequence: 12,
      notBefore: 0,
      keyIds: ["k2"],
      accounts: new Map([[7, 1]]),
      projects: new Map([[42, 3]]),
      moved: new Map(),
      disabled: new Set(),
      marks: new Set([1, 2]),
    });
  });

  test.each([
    ["it has nothing", undefined],
    ["it has an earlier one", follow(undefined, { sequence: 9 })],
    ["it has a later one", follow(undefined, { sequence: 11 })],
  ])("takes nothing that goes on from another state: %s", (_name, state) => {
    expect(followRevocations(state, { ...empty, after: 10, sequence: 12 })).toBeUndefined();
  });

  test("starts anew with the whole: what it does not name is over", () => {
    const first = follow(undefined, { accounts: [[7, 1]], marks: [1], moved: [[42, "https://b"]], disabled: [42] });
    expect(follow(first, { sequence: 20, marks: [2] })).toMatchObject({
      accounts: new Map(),
      marks: new Set([2]),
      moved: new Map(),
      disabled: new Set(),
    });
  });

  test("moves, disabled projects, keys and the cut-off are whole in each document", () => {
    const first = follow(undefined, { moved: [[42, "https://b"]], disabled: [42], notBefore: 5 });
    expect(follow(first, { after: 10, sequence: 11, keyIds: ["k3"] })).toMatchObject({
      moved: new Map(),
      disabled: new Set(),
      keyIds: ["k3"],
      notBefore: 0,
    });
  });
});

const epoch = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 }));
const change = fc.record({
  accounts: fc.array(epoch, { maxLength: 3 }),
  projects: fc.array(epoch, { maxLength: 3 }),
  marks: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }),
});

testProperty(
  "C-06: the effective cut-off is the highest of each level, whatever the order they come in, and none hides another",
  2_000,
  fc.property(
    fc.array(change, { maxLength: 6 }),
    fc.record({ account: epoch, project: epoch, mark: fc.integer({ min: 0, max: 6 }), issuedAt: fc.nat(4) }),
    fc.nat(4),
    (changes, token, notBefore) => {
      const judged = { ...token, marks: [token.mark] };
      const states = [changes, changes.toReversed()].map((order) => {
        let state = follow(undefined, { notBefore });
        for (const each of order) {
          const next = { after: state.sequence, sequence: state.sequence + 1, notBefore };
          state = follow(state, { ...next, ...each });
        }
        return state;
      });
      const isBelow = ([id, own]: readonly [number, number], list: readonly (readonly [number, number])[]) =>
        list.some(([other, reached]) => other === id && own < reached);
      const expected =
        token.issuedAt < notBefore ||
        changes.some(
          ({ accounts, projects, marks }) =>
            isBelow(token.account, accounts) || isBelow(token.project, projects) || marks.includes(token.mark),
        );
      expect(states.map((state) => isRevoked(judged, state))).toEqual([expected, expected]);
    },
  ),
);
