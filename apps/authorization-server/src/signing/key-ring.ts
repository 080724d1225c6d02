import type { KeyObject } from "node:crypto";
import type { Log } from "@biped/listener";
import type { Author, SigningKey, Storage } from "../storage/storage.ts";
import type { KeyEncryptionKey } from "./envelope.ts";
import { type KeyPolicy, type KeyStep, planKeyStep } from "./key-life-cycle.ts";
import { createSigningKey, openSigningKey, readPublicKey, resealSigningKey } from "./signing-key.ts";

export type ActiveKey = { readonly key: SigningKey; readonly privateKey: KeyObject };

/** The signing keys as this node holds them. The store decides which key is active; no node's clock does alone. */
export type KeyRing = {
  readonly active: () => ActiveKey;
  /** Undefined for a kid that is unknown or gone. */
  readonly findPublicKey: (kid: string) => { readonly key: SigningKey; readonly publicKey: KeyObject } | undefined;
  readonly keySet: () => { readonly keys: readonly unknown[] };
  /** Takes every step that is due and reads the keys again. */
  readonly refresh: () => Promise<void>;
};

export type KeyRingParts = {
  readonly storage: Storage;
  readonly kek: KeyEncryptionKey;
  readonly policy: KeyPolicy & { readonly rsaBits: number };
  readonly nowSeconds: () => number;
  readonly log: Log;
};

type Held = {
  readonly active: ActiveKey;
  readonly published: ReadonlyMap<string, { readonly key: SigningKey; readonly publicKey: KeyObject }>;
  readonly keySet: { readonly keys: readonly unknown[] };
};

/** @throws Error that names the kid, if any key in the store cannot be opened. A missing key is made, a broken one never replaced. */
export async function openKeyRing(parts: KeyRingParts): Promise<KeyRing> {
  let held = holdKeys(await takeDueSteps(parts), parts.kek);
  return {
    active: () => held.active,
    findPublicKey: (kid) => held.published.get(kid),
    keySet: () => held.keySet,
    refresh: async () => {
      const keys = await takeDueSteps(parts);
      const unchanged = keys.length === held.published.size && keys.every((key) => isHeld(held, key));
      if (!unchanged) held = holdKeys(keys, parts.kek);
    },
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
    await takeKeyStep(step, parts, { at: parts.nowSeconds(), actor: "system", requestId: undefined });
  }
  throw new Error("The signing keys do not come to rest.");
}

export async function takeKeyStep(step: KeyStep, parts: KeyRingParts, author: Author): Promise<boolean> {
  const { storage, kek, policy, log } = parts;
  if (step.kind === "add") {
    const key = await createSigningKey(policy, step.state, { kek, nowSeconds: author.at });
    log.info("signing key added", { kid: key.kid });
    return storage.addSigningKey(key, author);
  }
  if (step.kind === "remove") {
    log.info("signing key removed", { kid: step.key.kid });
    return storage.removeSigningKey(step.key.kid, author);
  }
  const { next, former } = step;
  log.info("signing key promoted", { kid: next.kid });
  const promotion = {
    kid: next.kid,
    sealedPrivateKey: resealSigningKey(next, "active", kek),
    former:
      former === undefined
        ? undefined
        : { kid: former.kid, sealedPrivateKey: resealSigningKey(former, "passive", kek) },
  };
  return storage.promoteSigningKey(promotion, author);
}

function holdKeys(keys: readonly SigningKey[], kek: KeyEncryptionKey): Held {
  const opened = keys.map((key) => ({ key, privateKey: openSigningKey(key, kek), publicKey: readPublicKey(key) }));
  const active = opened.find(({ key }) => key.state === "active");
  if (active === undefined) throw new Error("No signing key is active.");
  return {
    active,
    published: new Map(opened.map(({ key, publicKey }) => [key.kid, { key, publicKey }])),
    keySet: { keys: keys.map((key): unknown => JSON.parse(key.publicJwk)) },
  };
}
