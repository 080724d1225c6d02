import { revocationFeedType, type SigningAlgorithm } from "@biped/protocol";

/** A key of a test issuer. It lives in memory, and no server knows it. */
export type TestKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** As the key set shows it. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** SubjectPublicKeyInfo in PEM: what an attacker would sign with, were it taken for an HMAC key. */
  readonly publicPem: string;
  /** The signature in base64url. */
  readonly sign: (signingInput: string) => Promise<string>;
};

const generation = {
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
} as const;

export async function createTestKey(algorithm: SigningAlgorithm): Promise<TestKey> {
  const { publicKey, privateKey } = await generatePair(algorithm);
  const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const kid = encodeBase64Url(crypto.getRandomValues(new Uint8Array(12)));
  const spki = btoa(toCharacters(new Uint8Array(await crypto.subtle.exportKey("spki", publicKey))));
  return {
    kid,
    algorithm,
    publicJwk: JSON.parse(JSON.stringify({ kid, alg: algorithm, use: "sig", kty, n, e, crv, x, y })),
    publicPem: `-----BEGIN PUBLIC KEY-----\n${spki.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PUBLIC KEY-----\n`,
    async sign(signingInput) {
      const how = { name: generation[algorithm].name, hash: "SHA-256" };
      return encodeBase64Url(await crypto.subtle.sign(how, privateKey, encoder.encode(signingInput)));
    },
  };
}

async function generatePair(algorithm: SigningAlgorithm) {
  const made = await crypto.subtle.generateKey(generation[algorithm], true, ["sign", "verify"]);
  if (!("publicKey" in made)) throw new Error(`The runtime made one key instead of a pair for ${algorithm}.`);
  return made;
}

/** HS256 with a text as its key, as a forger would do it. */
export async function signHmac(keyText: string, signingInput: string): Promise<string> {
  const how = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(keyText), how, false, ["sign"]);
  return encodeBase64Url(await crypto.subtle.sign("HMAC", key, encoder.encode(signingInput)));
}

/** @param payload Octets as characters U+0000 to U+00FF. */
export async function signFeed({ algorithm, kid, sign }: TestKey, payload: string): Promise<string> {
  const header = encodeBase64Url(JSON.stringify({ alg: algorithm, typ: revocationFeedType, kid }));
  const octets = Uint8Array.from(payload, (character) => character.charCodeAt(0));
  const signingInput = `${header}.${encodeBase64Url(octets)}`;
  return `${signingInput}.${await sign(signingInput)}`;
}

const encoder = new TextEncoder();

function toCharacters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export function encodeBase64Url(content: string | ArrayBuffer | Uint8Array): string {
  const bytes = typeof content === "string" ? encoder.encode(content) : new Uint8Array(content);
  return btoa(toCharacters(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
