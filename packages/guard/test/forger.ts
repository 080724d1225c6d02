/** The keys of an issuer, of strangers and of decoys, and what a forger starts from. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { SigningAlgorithm } from "@biped/protocol";

export const issuer = "https://auth.example.com";
export const endpoint = "https://api.eu-west-1.example.com";
export const otherEndpoint = "https://api.us-east.example.com";
export const now = 1_800_000_000;
export const algorithms = ["RS256", "ES256", "Ed25519"] as const;

export type SigningKey = { readonly kid: string; readonly algorithm: SigningAlgorithm; readonly privateKey: KeyObject };

function createKey(kid: string, algorithm: SigningAlgorithm, bits = 2048): SigningKey {
  return { kid, algorithm, privateKey: generateKey(algorithm, bits) };
}

function generateKey(algorithm: SigningAlgorithm, bits: number): KeyObject {
  if (algorithm === "RS256") return generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

export const show = ({ kid, algorithm, privateKey }: SigningKey): Record<string, unknown> => ({
  ...createPublicKey(privateKey).export({ format: "jwk" }),
  kid,
  alg: algorithm,
  use: "sig",
});

export const keys = {
  RS256: createKey("rsa-1", "RS256"),
  ES256: createKey("ec-1", "ES256"),
  Ed25519: createKey("ed-1", "Ed25519"),
};
export const siblings = {
  RS256: createKey("rsa-2", "RS256"),
  ES256: createKey("ec-2", "ES256"),
  Ed25519: createKey("ed-2", "Ed25519"),
};
export const strangers = {
  RS256: createKey("stranger", "RS256"),
  ES256: createKey("stranger", "ES256"),
  Ed25519: createKey("stranger", "Ed25519"),
};
/** Keys that stand in the key set and that the guard must not use. */
export const decoys = {
  noAlgorithm: createKey("no-alg", "ES256"),
  encryption: createKey("for-encryption", "ES256"),
  repeated: createKey("repeated", "ES256"),
  weak: createKey("weak", "RS256", 1024),
  leaked: createKey("leaked", "ES256"),
  misnamed: createKey("mis/named", "ES256"),
};
export const octetKey = Buffer.from("a symmetric key, which everybody can read");
const { alg: _alg, ...withoutAlgorithm } = show(decoys.noAlgorithm);
export const published = {
  keys: [
    ...Object.values(keys).map(show),
    ...Object.values(siblings).map(show),
    withoutAlgorithm,
    { ...show(decoys.encryption), use: "enc" },
    show(decoys.repeated),
    { ...show(strangers.ES256), kid: "repeated" },
    show(decoys.weak),
    { ...show(decoys.leaked), d: decoys.leaked.privateKey.export({ format: "jwk" }).d },
    show(decoys.misnamed),
    { kty: "oct", kid: "octets", alg: "HS256", use: "sig", k: octetKey.toString("base64url") },
  ],
};

/** A small generator of numbers, so that fast-check's one number decides everything about a token. */
type Chance = { readonly below: (limit: number) => number; readonly pick: <Item>(items: readonly Item[]) => Item };

function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return { below, pick: (items) => items[below(items.length)] as (typeof items)[number] };
}

export const encode = (content: string | Uint8Array): string => Buffer.from(content as string).toString("base64url");
export const encodeJson = (value: unknown): string => encode(JSON.stringify(value));

function signInput(algorithm: SigningAlgorithm, privateKey: KeyObject, input: string | Uint8Array): Buffer {
  const data = Buffer.from(input as string);
  if (algorithm === "RS256") return sign("sha256", data, privateKey);
  if (algorithm === "ES256") return sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return sign(null, data, privateKey);
}

export function seal(key: SigningKey, header: string, payload: string): string {
  return `${header}.${payload}.${encode(signInput(key.algorithm, key.privateKey, `${header}.${payload}`))}`;
}

/** What a forger starts from: one good token, its parts, and the keys. */
export type Forger = Chance & {
  readonly key: SigningKey;
  readonly algorithm: SigningAlgorithm;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** A good token of the same key, made beforehand. */
  readonly good: string;
  readonly otherGood: string;
  readonly withHeader: (changes: object) => string;
  readonly withClaims: (changes: object) => string;
  readonly withTexts: (header: string | Uint8Array, payload: string | Uint8Array) => string;
};

function createClaims(chance: Chance): Readonly<Record<string, unknown>> {
  const clientId = `c3133d76-0000-4000-8000-${String(chance.below(1e9)).padStart(12, "0")}`;
  return {
    iss: issuer,
    sub: clientId,
    client_id: clientId,
    aud: endpoint,
    exp: now + 3600,
    iat: now,
    jti: `${chance.below(2 ** 32)}-${chance.below(2 ** 32)}`,
    scope: "data-export metrics",
    project_id: 1 + chance.below(1e9),
    account_id: 1 + chance.below(1e9),
    secret_id: String(chance.below(1e9)),
    epochs: { account: chance.below(9), project: chance.below(9), credential: chance.below(9) },
  };
}

export const headerOf = ({ algorithm, kid }: SigningKey) => ({ alg: algorithm, typ: "at+jwt", kid });
export const mint = (key: SigningKey, claims: object): string =>
  seal(key, encodeJson(headerOf(key)), encodeJson(claims));

export const goodTokens = Object.fromEntries(
  algorithms.map((algorithm) => [
    algorithm,
    Array.from({ length: 32 }, (_, index) => mint(keys[algorithm], createClaims(createChance(index)))),
  ]),
) as unknown as Record<SigningAlgorithm, readonly string[]>;

export function createForger(seed: number): Forger {
  const chance = createChance(seed);
  // An RSA signature takes twenty times as long as the others.
  const algorithm = chance.below(10) === 0 ? "RS256" : chance.pick(["ES256", "Ed25519"] as const);
  const key = keys[algorithm];
  const header = headerOf(key);
  const claims = createClaims(chance);
  const first = chance.below(32);
  const [good = "", otherGood = ""] = [first, (first + 1 + chance.below(31)) % 32].map(
    (at) => goodTokens[algorithm][at],
  );
  return {
    ...chance,
    key,
    algorithm,
    header,
    claims,
    good,
    otherGood,
    withHeader: (changes) => seal(key, encodeJson({ ...header, ...changes }), encodeJson(claims)),
    withClaims: (changes) => seal(key, encodeJson(header), encodeJson({ ...claims, ...changes })),
    withTexts: (headerText, payloadText) => seal(key, encode(headerText), encode(payloadText)),
  };
}
