import { Buffer, isUtf8 } from "node:buffer";
import * as crypto from "node:crypto";
import type { PublicKey } from "./public-key.ts";
import type { Verifier, VerifierKey } from "./verifier.ts";

/** On Node: synchronous, because one verification takes less time than the way to the thread pool and back. */
export const verifier: Verifier = { importKey, decodeText, digest };

type Check = (input: Uint8Array, signature: Uint8Array) => boolean;

function importKey(publicKey: PublicKey): VerifierKey | undefined {
  const key = createKey(publicKey);
  if (key === undefined) return undefined;
  const check = createCheck(publicKey, key);
  return {
    kid: publicKey.kid,
    algorithm: publicKey.algorithm,
    verify: (signingInput, signature) =>
      check(Buffer.from(signingInput, "latin1"), Buffer.from(signature, "base64url")),
  };
}

function createKey({ jwk }: PublicKey): crypto.KeyObject | undefined {
  try {
    return crypto.createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    // OpenSSL says in many ways that the numbers make no key, such as a point that is not on its curve.
    return undefined;
  }
}

/** The key is bound to one algorithm here, once; no token can ask for another. */
function createCheck({ algorithm }: PublicKey, key: crypto.KeyObject): Check {
  switch (algorithm) {
    case "RS256":
      return (input, signature) => crypto.verify("sha256", input, key, signature);
    case "ES256": {
      const options = { key, dsaEncoding: "ieee-p1363" } as const;
      return (input, signature) => signature.length === 64 && crypto.verify("sha256", input, options, signature);
    }
    case "Ed25519":
      return (input, signature) => signature.length === 64 && crypto.verify(null, input, key, signature);
  }
}

function decodeText(segment: string): string | undefined {
  const bytes = Buffer.from(segment, "base64url");
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

/** `crypto.hash` takes half the time of `createHash`, and came with Node 20.12. */
function digest(text: string): string {
  if (crypto.hash === undefined) return crypto.createHash("sha256").update(text).digest("binary");
  return crypto.hash("sha256", text, "binary");
}
