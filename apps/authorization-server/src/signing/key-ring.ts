import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@biped/listener";
import { inTurn } from "../in-turn.ts";
import type { Author, SigningKey, SigningKeyPromotion, Storage } from "../storage/storage.ts";
import type { OpaqueKey } from "./envelope.ts";
import { type KeyPolicy, type KeyStep, planKeyStep } from "./key-life-cycle.ts";
import { createSigningKey, type OpenedKey, openSigningKey, resealSigningKey } from "./signing-key.ts";

export type ActiveKey = Pick<OpenedKey, "key" | "privateKey">;

/** The signing keys as this node holds them. The store decides which key is active; no node's clock does alone. */
export type KeyRing = {
  readonly active: () => ActiveKey;
  /** While guards may not know the active key yet: until they do. Undefined at all other times. */
  readonly settling: () => Promise<void> | undefined;
  /** Undefined for a kid that is unknown or gone. */
  readonly findPublicKey: (kid: string) => Pick<OpenedKey, "key" | "publicKey"> | undefined;
  readonly keySet: () => { readonly keys: readonly unknown[] };
  /** Takes every step that is due and reads the keys again. */
  readonly refresh: () => Promise<void>;
};

export type KeyRingParts = {
  readonly storage: Pick<Storage, "listSigningKeys" | "addSigningKey" | "promoteSigningKey" | "removeSigningKey">;
  readonly kek: OpaqueKey;
  readonly policy: KeyPolicy & { readonly rsaBits: number };
  readonly nowSeconds: () => number;
  readonly log: Log;
  /** Resolves so much later. */
  readonly pause?: (milliseconds: number) => Promise<void>;
};

/** A guard hears of the new key from the revocation feed, and has then fetched the key set. */
const settleMilliseconds = 2_000;

type Held = {
  readonly active: OpenedKey;
  readonly published: ReadonlyMap<string, OpenedKey>;
  readonly keySet: { readonly keys: readonly unknown[] };
};

/** @throws Error that names the kid, if any key in the store cannot be opened. A missing key is made, a broken one never replaced. */
export async function openKeyRing(parts: KeyRingParts): Promise<KeyRing> {
  const { pause = (milliseconds) => sleep(milliseconds, undefined, { ref: false }) } = parts;
  let held = holdKeys(await takeDueSteps(parts), parts.kek);
  let settling: Promise<void> | undefined;
  /** A key that signs before it was published stands in for one that was compromised. */
  const settle = (): void => {
    const settled = pause(settleMilliseconds).then(() => {
      if (settling === settled) settling = undefined;
    });
    settling = settled;
  };
  return {
    active: () => held.active,
    settling: () => settling,
    findPublicKey: (kid) => held.published.get(kid),
    keySet: () => held.keySet,
    refresh: inTurn(async () => {
      const keys = await takeDueSteps(parts);
      const unchanged = keys.length === held.published.size && keys.every((key) => isHeld(held, key));
      if (unchanged) return;
      const next = holdKeys(keys, parts.kek);
      if (!held.published.has(next.active.key.kid)) settle();
      held = next;
    }),
  };
}

function isHeld(held: Held, key: SigningKey): boolean {
  return held.published.get(key.kid)?.key.state === key.state;
}

/** Each step is one transaction that fails if another node was first; the keys are then read and planned anew. */
async function takeDueSteps(parts: KeyRingParts): Promise<readonly SigningKey[]> {
  const maxSteps = 20;
  for (let taken = 0; taken < maxSteps; taken += 1) {
    const keys = await parts.storage.listSigningKeys();
    const step = planKeyStep(keys, parts.nowSeconds(), parts.policy);
    if (step === undefined) return keys;
    // A key sealed with a wrong KEK beside good ones would lock out whoever has the right one.
    openSigningKeys(keys, parts.kek);
    await takeKeyStep(step, parts, { at: parts.nowSeconds(), actor: "system", requestId: undefined });
  }
  throw new Error("The signing keys do not come to rest.");
}

/** @returns false if another node was first. */
export async function takeKeyStep(step: KeyStep, parts: KeyRingParts, author: Author): Promise<boolean> {
  const { storage, kek, policy, log } = parts;
  if (step.kind === "add") {
    const key = await createSigningKey(policy, step.state, { kek, nowSeconds: author.at });
    const added = await storage.addSigningKey(key, author);
    if (added) log.info("signing key added", { kid: key.kid });
    return added;
  }
  if (step.kind === "remove") {
    const removed = await storage.removeSigningKey(step.key.kid, author);
    if (removed) log.info("signing key removed", { kid: step.key.kid });
    return removed;
  }
  const promoted = await storage.promoteSigningKey(createPromotion(step, kek), author);
  if (promoted) log.info("signing key promoted", { kid: step.next.kid });
  return promoted;
}

function createPromotion(
  { next, former }: Extract<KeyStep, { readonly kind: "promote" }>,
  kek: OpaqueKey,
): SigningKeyPromotion {
  return {
    kid: next.kid,
    sealedPrivateKey: resealSigningKey(next, "active", kek),
    former:
      former === undefined
        ? undefined
        : { kid: former.kid, sealedPrivateKey: resealSigningKey(former, "passive", kek) },
  };
}

/** @throws Error that names the kid of one that does not open. */
export function openSigningKeys(keys: readonly SigningKey[], kek: OpaqueKey): readonly OpenedKey[] {
  return keys.map((key) => openSigningKey(key, kek));
}

function holdKeys(keys: readonly SigningKey[], kek: OpaqueKey): Held {
  const opened = openSigningKeys(keys, kek);
  const active = opened.find(({ key }) => key.state === "active");
  if (active === undefined) throw new Error("No signing key is active.");
  return {
    active,
    published: new Map(opened.map((each) => [each.key.kid, each])),
    keySet: { keys: keys.map((key): unknown => JSON.parse(key.publicJwk)) },
  };
}
