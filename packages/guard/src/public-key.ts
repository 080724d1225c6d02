import { isCanonicalBase64Url, type SigningAlgorithm } from "@biped/protocol";
import { isJsonObject, type JsonObject } from "./json-object.ts";

/** A JWK that passed every rule, reduced to the members that make the key (RFC 7638 §3.2). */
export type PublicKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly jwk:
    | { readonly kty: "RSA"; readonly n: string; readonly e: string }
    | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
    | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string };
};

export type UnusableKey = { readonly unusable: string };

const keyIdForm = /^[A-Za-z0-9_-]{1,64}$/;
/** RFC 7518 §6.2.2, §6.3.2, §6.4: a key set that shows any of them has leaked the key. */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const minModulusBits = 2048;
/** Beyond it one verification costs milliseconds. */
const maxModulusBits = 8192;

export function isKeyId(value: unknown): value is string {
  return typeof value === "string" && keyIdForm.test(value);
}

/** RFC 7517 §4. The algorithm stands in the JWK itself, so that a token's header never chooses one. */
export function parsePublicKey(value: unknown, algorithms: readonly SigningAlgorithm[]): PublicKey | UnusableKey {
  if (!isJsonObject(value)) return { unusable: "not an object" };
  if (!isKeyId(value.kid)) return { unusable: "a missing or malformed kid" };
  if (privateMembers.some((name) => Object.hasOwn(value, name))) return { unusable: "a private or symmetric key" };
  if (value.use !== undefined && value.use !== "sig") return { unusable: "another use than sig" };
  if (value.key_ops !== undefined && !(Array.isArray(value.key_ops) && value.key_ops.includes("verify"))) {
    return { unusable: "another operation than verify" };
  }
  const algorithm = algorithms.find((name) => name === value.alg);
  if (algorithm === undefined) return { unusable: "no alg, or one that is not allowed" };
  const jwk = parseMaterial(algorithm, value);
  return jwk === undefined
    ? { unusable: `not a well-formed key for ${algorithm}` }
    : { kid: value.kid, algorithm, jwk };
}

function parseMaterial(algorithm: SigningAlgorithm, value: JsonObject): PublicKey["jwk"] | undefined {
  const { kty, crv, n, e, x, y } = value;
  if (algorithm === "RS256") {
    // Every key tool writes 65537. An exponent of 1 would make any text its own signature.
    if (kty !== "RSA" || e !== "AQAB" || !isBase64Url(n)) return undefined;
    const bits = bitLength(n);
    return bits >= minModulusBits && bits <= maxModulusBits ? { kty, n, e } : undefined;
  }
  if (algorithm === "ES256") {
    return kty === "EC" && crv === "P-256" && isCoordinate(x) && isCoordinate(y) ? { kty, crv, x, y } : undefined;
  }
  return kty === "OKP" && crv === "Ed25519" && isCoordinate(x) ? { kty, crv, x } : undefined;
}

function isBase64Url(value: unknown): value is string {
  return typeof value === "string" && isCanonicalBase64Url(value);
}

/** 32 bytes. */
function isCoordinate(value: unknown): value is string {
  return isBase64Url(value) && value.length === 43;
}

/** The bits of a number in base64url, without its leading zeros. */
function bitLength(text: string): number {
  const start = atob(text.slice(0, 4).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Math.floor((text.length * 3) / 4);
  const first = start.charCodeAt(0);
  return first === 0 ? 0 : (bytes - 1) * 8 + (32 - Math.clz32(first));
}
