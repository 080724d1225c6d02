/**
 * A file for whoever holds a private key of X25519: a line that says so, an ephemeral public key, and parts of 64 KiB
 * in AES-256-GCM, whose nonces count them and tell the last, so that none is missing, exchanged or added. The key is
 * derived of both public keys and what they agree on (HKDF-SHA-256), and is used for this file alone.
 */

import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

const firstLine = Buffer.from("biped backup 1\n");
const publicKeyLength = 32;
const partLength = 64 * 1024;
const tagLength = 16;
/** RFC 8410: what stands before the 32 octets of a public key of X25519 in SubjectPublicKeyInfo. */
const publicKeyPrefix = Buffer.from("302a300506032b656e032100", "hex");

/** @param target A new file; durable once it resolves. */
export async function encryptFile(source: string, target: string, recipient: KeyObject): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const ephemeral = exportPublicKey(publicKey);
  const key = deriveKey(diffieHellman({ privateKey, publicKey: recipient }), ephemeral, recipient);
  const seal = (part: Buffer, nonce: Buffer): Buffer => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    return Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]);
  };
  const header = Buffer.concat([firstLine, ephemeral]);
  await rewrite(source, target, { skipped: 0, header, length: partLength, change: seal });
}

/**
 * @param target A new file; durable once it resolves, and of no use where it rejects.
 * @throws Error with one line for another key, and for a file that is damaged or not whole.
 */
export async function decryptFile(source: string, target: string, privateKey: KeyObject): Promise<void> {
  const ephemeral = await readEphemeralKey(source);
  if (ephemeral === undefined) throw new Error(`${source} is no encrypted backup`);
  const publicKey = createPublicKey({
    key: Buffer.concat([publicKeyPrefix, ephemeral]),
    format: "der",
    type: "spki",
  });
  const agreed = agreeWith(publicKey, privateKey);
  if (agreed === undefined) throw new Error(`${source} is damaged`);
  const key = deriveKey(agreed, ephemeral, createPublicKey(privateKey));
  const unseal = (part: Buffer, nonce: Buffer): Buffer => {
    if (part.length < tagLength) throw new Error(`${source} is not whole`);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
    decipher.setAuthTag(part.subarray(-tagLength));
    try {
      return Buffer.concat([decipher.update(part.subarray(0, -tagLength)), decipher.final()]);
    } catch (cause) {
      throw new Error(`${source} is for another key, damaged or not whole`, { cause });
    }
  };
  const skipped = firstLine.length + publicKeyLength;
  await rewrite(source, target, { skipped, header: Buffer.alloc(0), length: partLength + tagLength, change: unseal });
}

/** Undefined for a public key that nobody can have made: with it they would agree on what everybody knows. */
function agreeWith(publicKey: KeyObject, privateKey: KeyObject): Buffer | undefined {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return undefined;
  }
}

export async function isEncryptedFile(path: string): Promise<boolean> {
  return (await readEphemeralKey(path)) !== undefined;
}

async function readEphemeralKey(path: string): Promise<Buffer | undefined> {
  const file = await open(path, "r");
  try {
    const header = await readPart(file, 0, firstLine.length + publicKeyLength);
    const isOurs = header.length === firstLine.length + publicKeyLength && header.indexOf(firstLine) === 0;
    return isOurs ? header.subarray(firstLine.length) : undefined;
  } finally {
    await file.close();
  }
}

function exportPublicKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-publicKeyLength);
}

function deriveKey(agreed: Buffer, ephemeral: Buffer, recipient: KeyObject): Buffer {
  const salt = Buffer.concat([ephemeral, exportPublicKey(recipient)]);
  return Buffer.from(hkdfSync("sha256", agreed, salt, firstLine, 32));
}

type Rewriting = {
  readonly skipped: number;
  readonly header: Buffer;
  readonly length: number;
  readonly change: (part: Buffer, nonce: Buffer) => Buffer;
};

/** Part by part, so that a store of any size needs no more memory than one. */
async function rewrite(from: string, to: string, { skipped, header, length, change }: Rewriting): Promise<void> {
  const source = await open(from, "r");
  try {
    const target = await open(to, "wx", 0o600);
    try {
      await target.writeFile(header);
      let at = skipped;
      let part = await readPart(source, at, length);
      for (let count = 0; ; count += 1) {
        at += part.length;
        const next = await readPart(source, at, length);
        await target.writeFile(change(part, formatNonce(count, next.length === 0)));
        if (next.length === 0) break;
        part = next;
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Short only at the end of the file. */
async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const part = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(part, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return part.subarray(0, filled);
}

function formatNonce(count: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 5, 6);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}
