import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes as systemRandomBytes } from "node:crypto";

/** A key-encryption key and a name for it that gives nothing of it away. */
export type KeyEncryptionKey = { readonly id: string; readonly bytes: Uint8Array };

/** What an envelope is bound to: opening it for anything else fails, even for whoever can write to the store. */
export type EnvelopeContext = Readonly<Record<string, string | number>>;

const version = "v1";
const keyLength = 32;
const ivLength = 12;
const tagLength = 16;

export class EnvelopeBroken extends Error {
  override readonly name = "EnvelopeBroken";
}

export function createKeyEncryptionKey(bytes: Uint8Array): KeyEncryptionKey {
  if (bytes.length !== keyLength) throw new Error(`A key-encryption key has ${keyLength} bytes.`);
  const id = createHash("sha256").update("biped key-encryption key id").update(bytes).digest("hex").slice(0, 16);
  return { id, bytes };
}

/** The seed of the key that signs audit heads: 32 bytes that are good for nothing else. */
export function deriveAuditHeadSeed({ bytes }: KeyEncryptionKey): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", bytes, new Uint8Array(0), "biped audit head", keyLength));
}

/**
 * Envelope encryption: the content under a data key of its own, the data key under the KEK, both AES-256-GCM.
 * Rotating the KEK re-wraps the data keys and leaves the content alone.
 */
export function seal(content: Uint8Array, context: EnvelopeContext, kek: KeyEncryptionKey): string {
  const dataKey = systemRandomBytes(keyLength);
  const aad = formatContext(context);
  return [version, kek.id, encrypt(dataKey, aad, kek.bytes), encrypt(content, aad, dataKey)].join(".");
}

/** @throws EnvelopeBroken where the KEK is another one, or anything was changed. */
export function open(envelope: string, context: EnvelopeContext, kek: KeyEncryptionKey): Buffer {
  const [form, kekId, wrappedKey, content, ...rest] = envelope.split(".");
  if (form !== version || wrappedKey === undefined || content === undefined || rest.length > 0) {
    throw new EnvelopeBroken("not an envelope of ours");
  }
  if (kekId !== kek.id) throw new EnvelopeBroken(`sealed with another key-encryption key (${kekId}, not ${kek.id})`);
  const aad = formatContext(context);
  return decrypt(content, aad, decrypt(wrappedKey, aad, kek.bytes));
}

function formatContext(context: EnvelopeContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function encrypt(content: Uint8Array, aad: Buffer, key: Uint8Array): string {
  const iv = systemRandomBytes(ivLength);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad);
  const body = Buffer.concat([iv, cipher.update(content), cipher.final()]);
  return Buffer.concat([body, cipher.getAuthTag()]).toString("base64url");
}

function decrypt(text: string, aad: Buffer, key: Uint8Array): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length < ivLength + tagLength || bytes.toString("base64url") !== text) {
    throw new EnvelopeBroken("the envelope is damaged");
  }
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
  decipher.setAAD(aad).setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
  } catch (cause) {
    throw new EnvelopeBroken("the envelope is damaged", { cause });
  }
}
