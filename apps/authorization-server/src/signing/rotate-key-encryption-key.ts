import { rewrapTotpSecret } from "../administrators/second-factors.ts";
import { rewrapPepper } from "../credentials/secret-digest.ts";
import type { Author, Sealed, Storage } from "../storage/storage.ts";
import type { OpaqueKey } from "./envelope.ts";
import { rewrapSigningKey } from "./signing-key.ts";

/**
 * Wraps everything with the KEK that was wrapped with its former one. All of it is one change, so that one which is
 * broken off has changed nothing. Answers how many envelopes it was.
 * @throws Error that names what does not open; then nothing was changed.
 */
export function rotateKeyEncryptionKey(
  storage: Pick<Storage, "rewrapEnvelopes">,
  kek: OpaqueKey,
  author: Author,
): Promise<number> {
  return storage.rewrapEnvelopes({ id: kek.id, rewrap: (sealed) => rewrapSealed(sealed, kek) }, author);
}

/** Undefined where the KEK wraps it already. @throws Error where it does not open. */
export function rewrapSealed(sealed: Sealed, kek: OpaqueKey): string | undefined {
  if (sealed.kind === "signing-key") return rewrapSigningKey(sealed.key, kek);
  if (sealed.kind === "pepper") return rewrapPepper(sealed.pepper, kek);
  return rewrapTotpSecret(sealed.sealed, sealed.administratorId, kek);
}
