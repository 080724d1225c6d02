import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { writeNewFile } from "../new-file.ts";

/**
 * A pair for backups: whoever has the public key can make them, and only the private one reads them. It belongs where
 * no server is.
 */
export function createBackupKeys(privateFile: string, publicFile: string): void {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  writeNewFile(privateFile, privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  writeNewFile(publicFile, publicKey.export({ format: "pem", type: "spki" }).toString());
}

/** @throws Error that names the file and tells nothing of it. */
export function readBackupPublicKey(path: string): KeyObject {
  return readKey(path, "public", createPublicKey);
}

/** @throws Error that names the file and tells nothing of it. */
export function readBackupPrivateKey(path: string): KeyObject {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) throw new Error(`${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it`);
  return readKey(path, "private", createPrivateKey);
}

function readKey(path: string, kind: "public" | "private", parse: (text: string) => KeyObject): KeyObject {
  const text = readFileSync(path, "utf8");
  // Of a private key Node makes a public one without a word, and a private key is not to lie about on a server.
  const isOfKind = text.includes(kind === "public" ? "BEGIN PUBLIC KEY" : "BEGIN PRIVATE KEY");
  const key = isOfKind ? tryTo(() => parse(text)) : undefined;
  if (key?.asymmetricKeyType !== "x25519") throw new Error(`${path} must hold a ${kind} key of X25519 in PEM`);
  return key;
}

function tryTo<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
