import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { promisify } from "node:util";
import type { SigningAlgorithm } from "@biped/protocol";
import type { SigningKey, SigningKeyState } from "../storage/storage.ts";
import { type EnvelopeContext, type KeyEncryptionKey, open, seal } from "./envelope.ts";

const generate = promisify(generateKeyPair);

export type NewKeyPair = { readonly algorithm: SigningAlgorithm; readonly rsaBits: number };

/** What is bound into the envelope: nobody revives a retired key by writing another state beside it. */
type Binding = Pick<SigningKey, "kid" | "algorithm" | "createdAt" | "state">;

function formatContext({ kid, algorithm, createdAt, state }: Binding): EnvelopeContext {
  return { kid, algorithm, use: "sig", createdAt, state };
}

/** A fresh key whose first signature has been checked, sealed for the state it starts in. */
export async function createSigningKey(
  { algorithm, rsaBits }: NewKeyPair,
  state: Extract<SigningKeyState, "next" | "active">,
  { kek, nowSeconds }: { readonly kek: KeyEncryptionKey; readonly nowSeconds: number },
): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateFor(algorithm, rsaBits);
  const probe = Buffer.from("first signature");
  if (
    !verify(digestOf(algorithm), probe, keyInput(publicKey), sign(digestOf(algorithm), probe, keyInput(privateKey)))
  ) {
    throw new Error(`A new ${algorithm} key does not verify its own signature.`);
  }
  const jwk = publicKey.export({ format: "jwk" });
  const kid = formatThumbprint(jwk);
  const publicJwk = JSON.stringify({ ...jwk, kid, alg: algorithm, use: "sig" });
  const content = privateKey.export({ format: "der", type: "pkcs8" });
  const binding = { kid, algorithm, createdAt: nowSeconds, state };
  const sealedPrivateKey = seal(content, formatContext(binding), kek);
  return { ...binding, publicJwk, sealedPrivateKey, stateSince: nowSeconds };
}

/** @throws Error that names the kid where the envelope does not open. */
export function openSigningKey(key: SigningKey, kek: KeyEncryptionKey): KeyObject {
  return createPrivateKey({ key: openContent(key, kek), format: "der", type: "pkcs8" });
}

/** The same private key, sealed for another state. */
export function resealSigningKey(key: SigningKey, state: SigningKeyState, kek: KeyEncryptionKey): string {
  return seal(openContent(key, kek), formatContext({ ...key, state }), kek);
}

export function readPublicKey(key: SigningKey): KeyObject {
  return createPublicKey({ key: JSON.parse(key.publicJwk), format: "jwk" });
}

/** RFC 8017 and RFC 7518 §3.4 want r and s side by side, where OpenSSL writes DER. */
export function keyInput(key: KeyObject): { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" } {
  return { key, dsaEncoding: "ieee-p1363" };
}

export function digestOf(algorithm: SigningAlgorithm): "sha256" | null {
  return algorithm === "Ed25519" ? null : "sha256";
}

function openContent(key: SigningKey, kek: KeyEncryptionKey): Buffer {
  try {
    if (key.sealedPrivateKey === undefined) throw new Error("its private key is gone");
    return open(key.sealedPrivateKey, formatContext(key), kek);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown cause";
    throw new Error(`Signing key ${key.kid} cannot be opened: ${why}.`, { cause });
  }
}

function generateFor(algorithm: SigningAlgorithm, rsaBits: number) {
  if (algorithm === "ES256") return generate("ec", { namedCurve: "P-256" });
  if (algorithm === "Ed25519") return generate("ed25519");
  return generate("rsa", { modulusLength: rsaBits });
}

/** RFC 7638: the required members alone, in alphabetical order (§3.2; RFC 8037 §2 for OKP). */
function formatThumbprint(jwk: ReturnType<KeyObject["export"]> & object): string {
  const required = ["crv", "e", "kty", "n", "x", "y"];
  const entries = Object.entries(jwk).filter(([name]) => required.includes(name));
  const canonical = JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
  return createHash("sha256").update(canonical).digest("base64url");
}
