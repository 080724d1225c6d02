import { openPeppers, type PepperParts } from "../credentials/secret-digest.ts";
import { createDerivation, type KeyEncryptionKey, type OpaqueKey } from "./envelope.ts";

/**
 * Nothing can be derived of a key in a token. The oldest pepper stands in for it: a secret that the key wraps, that all
 * nodes share and that stays the same when the key is replaced.
 */
export async function openSeeds(kek: KeyEncryptionKey | OpaqueKey, parts: PepperParts): Promise<KeyEncryptionKey> {
  if ("deriveSeed" in kek && (kek.former === undefined || "deriveSeed" in kek.former)) return kek;
  const [oldest] = await openPeppers(parts);
  if (oldest === undefined) throw new Error("There is no pepper.");
  const deriveSeed = createDerivation(oldest.bytes);
  return { deriveSeed, ...kek, former: kek.former && { deriveSeed, ...kek.former } };
}
