import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes as systemRandomBytes } from "node:crypto";

/**
 * A key-encryption key: it wraps data keys, wherever it is held. One that was replaced stands beside its successor
 * until every envelope is wrapped anew.
 */
export type KeyEncryptionKey = OpaqueKey & {
  /** 32 bytes for one purpose, from which neither this key nor those for other purposes can be found. */
  readonly deriveSeed: (purpose: string) => Uint8Array;
};

/** A key that nothing can be derived of, as a token holds it. */
export type OpaqueKey = {
  /** Tells it from other keys and gives nothing of it away. */
  readonly id: string;
  readonly wrap: (dataKey: Uint8Array, additionalData: Uint8Array) => Uint8Array;
  /** @throws EnvelopeBroken where it was wrapped otherwise. */
  readonly unwrap: (wrapped: Uint8Array, additionalData: Uint8Array) => Buffer;
  /** Still opens envelopes; nothing is sealed with it any more. */
  readonly former?: KeyEncryptionKey | OpaqueKey | undefined;
};

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
  return {
    id,
    wrap: (dataKey, additionalData) => encrypt(dataKey, additionalData, bytes),
    unwrap: (wrapped, additionalData) => decrypt(wrapped, additionalData, bytes),
    deriveSeed: createDerivation(bytes),
  };
}

/** Of a secret, 32 bytes for each purpose (RFC 5869). */
export function createDerivation(secret: Uint8Array): KeyEncryptionKey["deriveSeed"] {
  return (purpose) => new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), purpose, keyLength));
}

/** The seed of the key that signs audit heads: 32 bytes that are good for nothing else. */
export function deriveAuditHeadSeed({ deriveSeed }: Pick<KeyEncryptionKey, "deriveSeed">): Uint8Array {
  return deriveSeed("biped audit head");
}

/** The seed of the key that signs the revocation feed, as every node with this KEK has it. */
export function deriveRevocationFeedSeed({ deriveSeed }: Pick<KeyEncryptionKey, "deriveSeed">): Uint8Array {
  return deriveSeed("biped revocation feed");
}

/**
 * Envelope encryption: the content under a data key of its own, the data key under the KEK, both AES-256-GCM.
 * Rotating the KEK re-wraps the data keys and leaves the content alone.
 */
export function seal(content: Uint8Array, context: EnvelopeContext, kek: OpaqueKey): string {
  const dataKey = systemRandomBytes(keyLength);
  const aad = formatContext(context);
  return formatEnvelope(kek.id, kek.wrap(dataKey, aad), encrypt(content, aad, dataKey));
}

/** @throws EnvelopeBroken where the KEK is another one, or anything was changed. */
export function open(envelope: string, context: EnvelopeContext, kek: OpaqueKey): Buffer {
  const { kekId, wrappedKey, content } = parseEnvelope(envelope);
  const aad = formatContext(context);
  return decrypt(content, aad, findKey(kekId, kek).unwrap(wrappedKey, aad));
}

/**
 * The same content, with its data key wrapped by the KEK instead of a former one; undefined where it is so already.
 * @throws EnvelopeBroken as `open` does: what could not be read before must not look as if it could.
 */
export function rewrap(envelope: string, context: EnvelopeContext, kek: OpaqueKey): string | undefined {
  const { kekId, wrappedKey, content } = parseEnvelope(envelope);
  const aad = formatContext(context);
  const dataKey = findKey(kekId, kek).unwrap(wrappedKey, aad);
  decrypt(content, aad, dataKey);
  return kekId === kek.id ? undefined : formatEnvelope(kek.id, kek.wrap(dataKey, aad), content);
}

function formatEnvelope(kekId: string, wrappedKey: Uint8Array, content: Uint8Array): string {
  const parts = [wrappedKey, content].map((part) => Buffer.from(part).toString("base64url"));
  return [version, kekId, ...parts].join(".");
}

function parseEnvelope(envelope: string) {
  const [form, kekId = "", wrappedKey, content, ...rest] = envelope.split(".");
  if (form !== version || wrappedKey === undefined || content === undefined || rest.length > 0) {
    throw new EnvelopeBroken("not an envelope of ours");
  }
  return { kekId, wrappedKey: decode(wrappedKey), content: decode(content) };
}

function findKey(kekId: string, kek: OpaqueKey): OpaqueKey {
  const ids: string[] = [];
  for (let key: OpaqueKey | undefined = kek; key !== undefined; key = key.former) {
    if (key.id === kekId) return key;
    ids.push(key.id);
  }
  throw new EnvelopeBroken(`sealed with another key-encryption key (${kekId}, not ${ids.join(" or ")})`);
}

function formatContext(context: EnvelopeContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function encrypt(content: Uint8Array, aad: Uint8Array, key: Uint8Array): Buffer {
  const iv = systemRandomBytes(ivLength);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad);
  return Buffer.concat([iv, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(bytes: Uint8Array, aad: Uint8Array, key: Uint8Array): Buffer {
  if (bytes.length < ivLength + tagLength) throw new EnvelopeBroken("the envelope is damaged");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
  decipher.setAAD(aad).setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
  } catch (cause) {
    throw new EnvelopeBroken("the envelope is damaged", { cause });
  }
}

/** Base64url has several spellings of some bytes; only the usual one is ours. */
function decode(text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw new EnvelopeBroken("the envelope is damaged");
  return bytes;
}
