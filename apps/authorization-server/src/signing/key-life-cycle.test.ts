import { accessTokenLifetimeSeconds, type SigningAlgorithm, signingAlgorithms } from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import type { SigningKey } from "../storage/storage.ts";
import {
  findNextStepAt,
  type KeyPolicy,
  type KeyStep,
  keySetMaxAgeSeconds,
  nextSeconds,
  passiveSeconds,
  planKeyStep,
} from "./key-life-cycle.ts";

const day = 86_400;
const start = 1_800_000_000;
const policy: KeyPolicy = { algorithm: "RS256", lifetimeSeconds: 90 * day };

function createKey(
  kid: string,
  state: SigningKey["state"],
  stateSince: number,
  algorithm = policy.algorithm,
): SigningKey {
  return { kid, algorithm, state, publicJwk: "{}", sealedPrivateKey: "sealed", createdAt: stateSince, stateSince };
}

test("R-23: a key is next for twice the age of a key set, and passive longer than a token lives with any tolerance", () => {
  expect(keySetMaxAgeSeconds).toBe(300);
  expect(nextSeconds).toBe(600);
  expect(passiveSeconds).toBeGreaterThanOrEqual(accessTokenLifetimeSeconds + 120);
});

describe("the step that is due", () => {
  const active = createKey("a", "active", start);

  test("no key at all: the first one is active at once", () => {
    expect(planKeyStep([], start, policy)).toEqual({ kind: "add", state: "active" });
  });

  test("an active key within its life: none", () => {
    expect(planKeyStep([active], start, policy)).toBeUndefined();
    expect(planKeyStep([active], start + 90 * day - nextSeconds - 1, policy)).toBeUndefined();
  });

  test("the next key is added just so early that it takes over when the active one's life ends", () => {
    expect(planKeyStep([active], start + 90 * day - nextSeconds, policy)).toEqual({ kind: "add", state: "next" });
  });

  test("another algorithm by configuration: the next key is added at once", () => {
    expect(planKeyStep([active], start, { ...policy, algorithm: "ES256" })).toEqual({ kind: "add", state: "next" });
  });

  test("the next key takes over once it has been published for long enough, and not a second before", () => {
    const next = createKey("b", "next", start + 1000);
    expect(planKeyStep([active, next], start + 1000 + nextSeconds - 1, policy)).toBeUndefined();
    expect(planKeyStep([active, next], start + 1000 + nextSeconds, policy)).toEqual({
      kind: "promote",
      next,
      former: active,
    });
  });

  test("a next key whose time lies ahead, because a clock went back, waits", () => {
    expect(planKeyStep([active, createKey("b", "next", start + 5000)], start, policy)).toBeUndefined();
  });

  test("a next key without an active one takes over at once: no token can be signed before", () => {
    const next = createKey("b", "next", start);
    expect(planKeyStep([next], start, policy)).toEqual({ kind: "promote", next, former: undefined });
  });

  test("a passive key goes when its last token has ended, and not a second before", () => {
    const passive = createKey("z", "passive", start);
    expect(planKeyStep([passive, active], start + passiveSeconds - 1, policy)).toBeUndefined();
    expect(planKeyStep([passive, active], start + passiveSeconds, policy)).toEqual({ kind: "remove", key: passive });
  });
});

type Held = SigningKey & { readonly addedAt: number; readonly lastSignedAt?: number };

/** What a store would hold, and every promise about it checked at every step. */
function createModel() {
  let keys: readonly Held[] = [];
  let made = 0;
  const add = (state: SigningKey["state"], at: number, algorithm: SigningAlgorithm): void => {
    made += 1;
    keys = [...keys, { ...createKey(`k${made}`, state, at, algorithm), addedAt: at }];
  };
  const move = (kid: string | undefined, state: SigningKey["state"], at: number): void => {
    keys = keys.map((key) => (key.kid === kid ? { ...key, state, stateSince: at } : key));
  };
  const remove = (kid: string, at: number): void => {
    const leaving = keys.find((key) => key.kid === kid);
    expect(leaving?.state).toBe("passive");
    expect(at - (leaving?.lastSignedAt ?? 0)).toBeGreaterThanOrEqual(passiveSeconds);
    keys = keys.filter((key) => key.kid !== kid);
  };
  const take = (step: KeyStep, at: number, algorithm: SigningAlgorithm): void => {
    if (step.kind === "add") add(step.state, at, algorithm);
    else if (step.kind === "remove") remove(step.key.kid, at);
    else {
      move(step.former?.kid, "passive", at);
      move(step.next.kid, "active", at);
    }
    const count = (state: string): number => keys.filter((key) => key.state === state).length;
    expect(count("active")).toBe(1);
    expect(count("next")).toBeLessThanOrEqual(1);
  };
  return {
    /** As `keys rotate` does. */
    rotate: (at: number, algorithm: SigningAlgorithm): void => {
      if (keys.length > 0 && !keys.some(({ state }) => state === "next")) add("next", at, algorithm);
    },
    comeToRest: (at: number, { algorithm, lifetimeSeconds }: KeyPolicy): void => {
      const mostSteps = keys.length + 3;
      for (let steps = 0; ; steps += 1) {
        expect(steps).toBeLessThanOrEqual(mostSteps);
        const step = planKeyStep(keys, at, { algorithm, lifetimeSeconds });
        if (step === undefined) return;
        take(step, at, algorithm);
      }
    },
    sign: (at: number): void => {
      keys = keys.map((key) => {
        if (key.state !== "active") return key;
        if (key.kid !== "k1") expect(at - key.addedAt).toBeGreaterThanOrEqual(nextSeconds);
        return { ...key, lastSignedAt: at };
      });
    },
  };
}

const pause = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 500, max: 700 }),
  fc.integer({ min: 3_000, max: 5_000 }),
  fc.integer({ min: day / 2, max: 2 * day }),
  fc.integer({ min: 80 * day, max: 400 * day }),
);
/** A moment: how long after the last one, with what setting, and whether the operator asks for a rotation. */
const moment = fc.record({
  pause,
  algorithm: fc.constantFrom<SigningAlgorithm>(...signingAlgorithms),
  changesAlgorithm: fc.boolean(),
  rotates: fc.boolean(),
});

testProperty(
  "R-23: whatever the times and settings: one key signs, none too early, none leaves too early, and all come to rest",
  3_000,
  fc.property(
    fc.integer({ min: 0, max: 120 * day }),
    fc.array(moment, { minLength: 1, maxLength: 40 }),
    (lifetimeSeconds, moments) => {
      const model = createModel();
      let now = start;
      let algorithm: SigningAlgorithm = "RS256";
      for (const each of moments) {
        now += each.pause;
        // Whoever was active has signed until this very second.
        model.sign(now);
        if (each.changesAlgorithm) algorithm = each.algorithm;
        if (each.rotates) model.rotate(now, algorithm);
        model.comeToRest(now, { algorithm, lifetimeSeconds });
        model.sign(now);
      }
    },
  ),
);

test("the time of a key's next step is the one at which it is taken", () => {
  const active = createKey("a", "active", start);
  const next = createKey("n", "next", start + 5 * day);
  const passive = createKey("p", "passive", start);
  const find = (key: SigningKey, keys: readonly SigningKey[]) => findNextStepAt(key, keys, policy);
  expect(find(active, [active])).toBe(start + 90 * day);
  expect(find(active, [active, next])).toBe(start + 5 * day + 600);
  expect(find(next, [active, next])).toBe(start + 5 * day + 600);
  expect(find(passive, [passive, active])).toBe(start + passiveSeconds);
  expect(find(createKey("g", "gone", start), [active])).toBeUndefined();
  expect(planKeyStep([active, next], start + 5 * day + 600, policy)).toMatchObject({ kind: "promote" });
  expect(planKeyStep([passive, active], start + passiveSeconds, policy)).toMatchObject({ kind: "remove" });
});
