/** Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, as authenticator apps have them. */

import { createHmac, timingSafeEqual } from "node:crypto";

const stepSeconds = 30;
const digits = 6;
/** Apps' clocks may be one step off (RFC 6238 §5.2). */
const steps = [-1, 0, 1] as const;

export const totpSecretBytes = 20;

export function computeTotp(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  // RFC 4226 §5.3: the last four bits say where the 31 bits of the code begin.
  const bits = mac.readUInt32BE(mac.readUInt8(mac.length - 1) & 0x0f) & 0x7fffffff;
  return String(bits % 10 ** digits).padStart(digits, "0");
}

/**
 * The time step whose code this is. It is for the store to say whether the step was used before: a step is a number,
 * so that no spelling of a code makes it a new one (C-27).
 */
export function findTotpStep(secret: Uint8Array, code: string, nowSeconds: number): number | undefined {
  const presented = normalizeCode(code);
  if (!/^\d{6}$/.test(presented)) return undefined;
  const now = Math.floor(nowSeconds / stepSeconds);
  const matching = steps
    .map((offset) => now + offset)
    .filter((step) => timingSafeEqual(Buffer.from(computeTotp(secret, step)), Buffer.from(presented)));
  return matching.at(0);
}

/** One spelling for what people type: no blanks, invisible characters or hyphens, and plain digits and letters. */
export function normalizeCode(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\s\p{Z}\p{Cf}\p{Pd}]+/gu, "")
    .toLowerCase();
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 §6 without padding, of a number of bytes that five divides. */
export function formatBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((group) => base32.charAt(Number.parseInt(group, 2))).join("");
}

/** What the QR code holds. */
export function formatTotpUri(secret: Uint8Array, email: string): string {
  const label = `Biped:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${formatBase32(secret)}&issuer=Biped&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`;
}
