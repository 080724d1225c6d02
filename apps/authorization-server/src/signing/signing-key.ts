import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { isDeepStrictEqual, promisify } from "node:util";
import type { SigningAlgorithm } from "@biped/protocol";
import type { SigningKey, SigningKeyState } from "../storage/storage.ts";
import { type EnvelopeContext, type OpaqueKey, open, rewrap, seal } from "./envelope.ts";

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
  { kek, nowSeconds }: { readonly kek: OpaqueKey; readonly nowSeconds: number },
): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateFor(algorithm, rsaBits);
  const probe = Buffer.from("first signature");
  if (!verify(digestOf(algorithm), probe, publicKey, sign(digestOf(algorithm), probe, privateKey))) {
    throw new Error(`A new ${algorithm} key does not verify its own signature.`);
  }
  const publicJwk = createPublicJwk(publicKey, algorithm);
  const content = privateKey.export({ format: "der", type: "pkcs8" });
  const binding = { kid: publicJwk.kid, algorithm, createdAt: nowSeconds, state };
  const sealedPrivateKey = seal(content, formatContext(binding), kek);
  return { ...binding, publicJwk: JSON.stringify(publicJwk), sealedPrivateKey, stateSince: nowSeconds };
}

export type OpenedKey = { readonly key: SigningKey; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/**
 * The public key comes from the envelope too: one that somebody wrote beside it would make a forger's tokens good.
 * @throws Error that names the kid where the envelope does not open, or holds another key than the one published.
 */
export function openSigningKey(key: SigningKey, kek: OpaqueKey): OpenedKey {
  const privateKey = openEnvelope(key, (sealed) => {
    return createPrivateKey({ key: open(sealed, formatContext(key), kek), format: "der", type: "pkcs8" });
  });
  const publicKey = createPublicKey(privateKey);
  if (!isDeepStrictEqual(parseJson(key.publicJwk), createPublicJwk(publicKey, key.algorithm))) {
    throw new Error(`Signing key ${key.kid} is published with another public key than its own.`);
  }
  return { key, privateKey, publicKey };
}

/** The same private key, sealed for another state. */
export function resealSigningKey(key: SigningKey, state: SigningKeyState, kek: OpaqueKey): string {
  return seal(openContent(key, kek), formatContext({ ...key, state }), kek);
}

/** The same envelope under the KEK instead of a former one; undefined where it is so already. */
export function rewrapSigningKey(key: SigningKey, kek: OpaqueKey): string | undefined {
  return openEnvelope(key, (sealed) => rewrap(sealed, formatContext(key), kek));
}

export function digestOf(algorithm: SigningAlgorithm): "sha256" | null {
  return algorithm === "Ed25519" ? null : "sha256";
}

function openContent(key: SigningKey, kek: OpaqueKey): Buffer {
  return openEnvelope(key, (sealed) => open(sealed, formatContext(key), kek));
}

function openEnvelope<Result>(key: SigningKey, work: (sealed: string) => Result): Result {
  try {
    if (key.sealedPrivateKey === undefined) throw new Error("its private key is gone");
    return work(key.sealedPrivateKey);
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

/** With the thumbprint as its `kid`. */
export function createPublicJwk(publicKey: KeyObject, algorithm: SigningAlgorithm) {
  const jwk = publicKey.export({ format: "jwk" });
  return { ...jwk, kid: formatThumbprint(jwk), alg: algorithm, use: "sig" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 7638: the required members alone, in alphabetical order (§3.2; RFC 8037 §2 for OKP). */
function formatThumbprint(jwk: ReturnType<KeyObject["export"]> & object): string {
  const required = ["crv", "e", "kty", "n", "x", "y"];
  const entries = Object.entries(jwk).filter(([name]) => required.includes(name));
  const canonical = JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
  return createHash("sha256").update(canonical).digest("base64url");
}
