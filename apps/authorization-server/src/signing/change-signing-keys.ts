import type { Author, SigningKey, Storage } from "../storage/storage.ts";
import { type KeyRingParts, openSigningKeys, takeKeyStep } from "./key-ring.ts";
import { createSigningKey } from "./signing-key.ts";

/**
 * Publishes the next key now, instead of when it is due; the servers sign with it once every reader knows it.
 * @returns false if there is a next key already.
 */
export async function rotateSigningKey(parts: KeyRingParts, author: Author): Promise<boolean> {
  const keys = await parts.storage.listSigningKeys();
  // A key sealed with a wrong KEK beside good ones would lock out whoever has the right one.
  openSigningKeys(keys, parts.kek);
  return takeKeyStep({ kind: "add", state: keys.length === 0 ? "active" : "next" }, parts, author);
}

export type CompromiseParts = Omit<KeyRingParts, "storage"> & {
  readonly storage: Pick<Storage, "listSigningKeys" | "compromiseSigningKey">;
};

const attempts = 3;

/**
 * the key is gone at once; where it signed, a new one signs from now on. Tokens that it signed are good until
 * their readers fetch the key set again, which this cannot hasten.
 * @returns false if there is no such key.
 */
export async function compromiseSigningKey(parts: CompromiseParts, kid: string, author: Author): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const keys = await parts.storage.listSigningKeys();
    openSigningKeys(keys, parts.kek);
    const compromise = { kid, ...(await replaceIfActive(keys, parts, { kid, at: author.at })) };
    // Asked for a kid that is gone too: it may be the same request again, with its Idempotency-Key.
    if (await parts.storage.compromiseSigningKey(compromise, author)) {
      parts.log.warn("signing key compromised", { kid });
      return true;
    }
    if (!keys.some((key) => key.kid === kid)) return false;
  }
  throw new Error("The signing keys do not come to rest.");
}

async function replaceIfActive(
  keys: readonly SigningKey[],
  { policy, kek }: Pick<KeyRingParts, "policy" | "kek">,
  { kid, at }: { readonly kid: string; readonly at: number },
) {
  const active = keys.find((key) => key.state === "active");
  if (active === undefined) throw new Error("No signing key is active.");
  const isActive = active.kid === kid;
  const replacement = isActive ? await createSigningKey(policy, "active", { kek, nowSeconds: at }) : undefined;
  return { replacement, formerActiveKid: active.kid };
}
