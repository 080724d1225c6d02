import { accessTokenLifetimeSeconds, type SigningAlgorithm } from "@biped/protocol";
import type { SigningKey } from "../storage/storage.ts";

/** How long a reader may keep the key set. */
export const keySetMaxAgeSeconds = 300;
/** Published before it signs, so that every reader has fetched it by then. */
export const nextSeconds = 2 * keySetMaxAgeSeconds;
/** Verifies after it signed: the life of its last token, the widest clock tolerance, and what a slow node signs. */
export const passiveSeconds = accessTokenLifetimeSeconds + 120 + 180;

export type KeyPolicy = {
  readonly algorithm: SigningAlgorithm;
  /** How long a key signs before the next one takes over. */
  readonly lifetimeSeconds: number;
};

export type KeyStep =
  | { readonly kind: "add"; readonly state: "next" | "active" }
  | { readonly kind: "promote"; readonly next: SigningKey; readonly former: SigningKey | undefined }
  | { readonly kind: "remove"; readonly key: SigningKey };

/**
 * The one step that is due, or undefined: next -> active -> passive -> gone.
 * @param keys All keys that are not gone.
 */
export function planKeyStep(keys: readonly SigningKey[], nowSeconds: number, policy: KeyPolicy): KeyStep | undefined {
  const active = keys.find((key) => key.state === "active");
  const next = keys.find((key) => key.state === "next");
  const age = (key: SigningKey): number => nowSeconds - key.stateSince;

  // With no key at all nobody holds a key set yet, so the first one need not wait.
  if (active === undefined && next === undefined) return { kind: "add", state: "active" };
  if (next !== undefined && (active === undefined || age(next) >= nextSeconds)) {
    return { kind: "promote", next, former: active };
  }
  if (active !== undefined && next === undefined) {
    const due = age(active) >= policy.lifetimeSeconds - nextSeconds || active.algorithm !== policy.algorithm;
    if (due) return { kind: "add", state: "next" };
  }
  const spent = keys.find((key) => key.state === "passive" && age(key) >= passiveSeconds);
  return spent === undefined ? undefined : { kind: "remove", key: spent };
}

/** When a key enters its next state by itself: signs (next), is replaced (active), is removed (passive). */
export function findNextStepAt(
  { state, stateSince }: SigningKey,
  keys: readonly SigningKey[],
  { lifetimeSeconds }: Pick<KeyPolicy, "lifetimeSeconds">,
): number | undefined {
  if (state === "next") return stateSince + nextSeconds;
  if (state === "passive") return stateSince + passiveSeconds;
  if (state === "gone") return undefined;
  const next = keys.find((key) => key.state === "next");
  return next === undefined ? stateSince + lifetimeSeconds : next.stateSince + nextSeconds;
}
