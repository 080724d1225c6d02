import type { SigningAlgorithm } from "@biped/protocol";
import type { PublicKey } from "./public-key.ts";
import type { Verifier, VerifierKey } from "./verifier.ts";

/** On every other runtime: WebCrypto, which answers with promises. */
export const verifier: Verifier = { importKey, decodeText, digest };

const importAlgorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
} as const satisfies Record<SigningAlgorithm, object>;

const verifyAlgorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  Ed25519: { name: "Ed25519" },
} as const satisfies Record<SigningAlgorithm, object>;

async function importKey({ kid, algorithm, jwk }: PublicKey): Promise<VerifierKey | undefined> {
  try {
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, importAlgorithms[algorithm], false, ["verify"]);
    const how = verifyAlgorithms[algorithm];
    return {
      kid,
      algorithm,
      verify: (signingInput, signature) =>
        crypto.subtle.verify(how, key, decodeBytes(signature), encoder.encode(signingInput)),
    };
  } catch {
    // DataError for numbers that make no key, NotSupportedError for an algorithm that the runtime does not have.
    return undefined;
  }
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeBytes(segment: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(segment.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
}

function decodeText(segment: string): string | undefined {
  try {
    return utf8.decode(decodeBytes(segment));
  } catch {
    // TypeError: the bytes are not UTF-8.
    return undefined;
  }
}

async function digest(text: string): Promise<string> {
  return String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))));
}
