import { digestText } from "./token-digest.ts";
import { formatBase32, normalizeCode } from "./totp.ts";

const codeCount = 10;
/** 80 bits: guessing is hopeless even for whoever holds the digests, so that a plain hash is enough. */
const codeBytes = 10;

/** Codes such as `k3dz-7ahx-qq2m-vw5t`; each signs in once instead of a second factor. */
export function createRecoveryCodes(randomBytes: (count: number) => Uint8Array): readonly string[] {
  return Array.from({ length: codeCount }, () => {
    const text = formatBase32(randomBytes(codeBytes)).toLowerCase();
    return (text.match(/.{4}/g) ?? []).join("-");
  });
}

/** However it is spelt. */
export function digestRecoveryCode(code: string): string {
  return digestText(normalizeCode(code));
}
