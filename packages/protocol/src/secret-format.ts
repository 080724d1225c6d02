/**
 * A secret: `biped_`, its kind and `_`, then 43 base62 characters (256 bits), and 6 base62 characters of the
 * CRC-32 of all before. Its form lets a scanner tell a leaked secret from noise without asking anybody.
 */

/** Of a client secret: a server's, or a sandbox's. */
export type SecretEnvironment = "live" | "test";
/** Beside client secrets: access tokens for machines, the token of the first run, invitations, session cookies. */
export type SecretKind = SecretEnvironment | "admin" | "setup" | "invite" | "session";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomLength = 43;
const checksumLength = 6;
const form = /^biped_(live|test|admin|setup|invite|session)_[0-9A-Za-z]{49}$/;

/** Finds secrets in any text; for filters and scanners. */
export const secretPattern = /biped_(?:live|test|admin|setup|invite|session)_[0-9A-Za-z]{49}/g;

/** @param randomBytes Gives that many bytes from a cryptographic source. */
export function createSecret(kind: SecretKind, randomBytes: (count: number) => Uint8Array): string {
  let body = "";
  while (body.length < randomLength) {
    for (const byte of randomBytes(64)) {
      // 248 = 4 × 62: bytes above would make the first eight characters likelier than the rest.
      if (byte < 248 && body.length < randomLength) body += base62.charAt(byte % 62);
    }
  }
  const secret = `biped_${kind}_${body}`;
  return secret + formatChecksum(secret);
}

/**
 * Whether the text has the form of a secret and its checksum is right. It says nothing about who owns it.
 * @param kind Of this kind alone; a client secret of either environment if absent.
 */
export function isSecret(text: string, kind?: SecretKind): boolean {
  const found = form.exec(text)?.[1];
  const isMeant = kind === undefined ? found === "live" || found === "test" : found === kind;
  return isMeant && formatChecksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

function formatChecksum(text: string): string {
  let rest = crc32(text);
  let checksum = "";
  for (let place = 0; place < checksumLength; place += 1) {
    checksum = base62.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return checksum;
}

/** CRC-32 as in ISO 3309 and zlib, of a text in ASCII. */
function crc32(text: string): number {
  let register = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    register ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) register = (register >>> 1) ^ ((register & 1) === 1 ? 0xedb88320 : 0);
  }
  return (register ^ 0xffffffff) >>> 0;
}
