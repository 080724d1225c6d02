import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { createServerMetadata, isRefusal, paths, type SigningAlgorithm } from "@biped/protocol";
import fc from "fast-check";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createGuardOn, type Guard } from "./guard.ts";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import type { Verifier } from "./verifier.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

const issuer = "https://auth.example.com";
const endpoint = "https://api.eu-west-1.example.com";
const otherEndpoint = "https://api.us-east.example.com";
const now = 1_800_000_000;
const algorithms = ["RS256", "ES256", "Ed25519"] as const;

type SigningKey = { readonly kid: string; readonly algorithm: SigningAlgorithm; readonly privateKey: KeyObject };

function createKey(kid: string, algorithm: SigningAlgorithm, bits = 2048): SigningKey {
  return { kid, algorithm, privateKey: generateKey(algorithm, bits) };
}

function generateKey(algorithm: SigningAlgorithm, bits: number): KeyObject {
  if (algorithm === "RS256") return generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

const show = ({ kid, algorithm, privateKey }: SigningKey): Record<string, unknown> => ({
  ...createPublicKey(privateKey).export({ format: "jwk" }),
  kid,
  alg: algorithm,
  use: "sig",
});

const keys = {
  RS256: createKey("rsa-1", "RS256"),
  ES256: createKey("ec-1", "ES256"),
  Ed25519: createKey("ed-1", "Ed25519"),
};
const siblings = {
  RS256: createKey("rsa-2", "RS256"),
  ES256: createKey("ec-2", "ES256"),
  Ed25519: createKey("ed-2", "Ed25519"),
};
const strangers = {
  RS256: createKey("stranger", "RS256"),
  ES256: createKey("stranger", "ES256"),
  Ed25519: createKey("stranger", "Ed25519"),
};
/** Keys that stand in the key set and that the guard must not use. */
const decoys = {
  noAlgorithm: createKey("no-alg", "ES256"),
  encryption: createKey("for-encryption", "ES256"),
  repeated: createKey("repeated", "ES256"),
  weak: createKey("weak", "RS256", 1024),
  leaked: createKey("leaked", "ES256"),
  misnamed: createKey("mis/named", "ES256"),
};
const octetKey = Buffer.from("a symmetric key, which everybody can read");
const { alg: _alg, ...withoutAlgorithm } = show(decoys.noAlgorithm);
const published = {
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

function openGuard(verifier: Verifier): Guard {
  const metadata = createServerMetadata({ issuer, scopes: [], cloudEndpoints: [endpoint, otherEndpoint] });
  return createGuardOn(verifier, {
    issuer,
    endpoint,
    nowSeconds: () => now,
    monotonicSeconds: () => now,
    fetch: async (url) => new Response(JSON.stringify(url === `${issuer}${paths.metadata}` ? metadata : published)),
  });
}

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

const encode = (content: string | Uint8Array): string => Buffer.from(content as string).toString("base64url");
const encodeJson = (value: unknown): string => encode(JSON.stringify(value));

function signInput(algorithm: SigningAlgorithm, privateKey: KeyObject, input: string | Uint8Array): Buffer {
  const data = Buffer.from(input as string);
  if (algorithm === "RS256") return sign("sha256", data, privateKey);
  if (algorithm === "ES256") return sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return sign(null, data, privateKey);
}

function seal(key: SigningKey, header: string, payload: string): string {
  return `${header}.${payload}.${encode(signInput(key.algorithm, key.privateKey, `${header}.${payload}`))}`;
}

/** What a forger starts from: one good token, its parts, and the keys. */
type Forger = Chance & {
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

const headerOf = ({ algorithm, kid }: SigningKey) => ({ alg: algorithm, typ: "at+jwt", kid });
const mint = (key: SigningKey, claims: object): string => seal(key, encodeJson(headerOf(key)), encodeJson(claims));

const goodTokens = Object.fromEntries(
  algorithms.map((algorithm) => [
    algorithm,
    Array.from({ length: 32 }, (_, index) => mint(keys[algorithm], createClaims(createChance(index)))),
  ]),
) as unknown as Record<SigningAlgorithm, readonly string[]>;

function createForger(seed: number): Forger {
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

/** CVE-2015-9235, CVE-2023-48223, CVE-2026-34950: every text under which a library ever took a public key for a secret. */
function textualForms({ privateKey, algorithm, kid }: SigningKey): readonly (string | Uint8Array)[] {
  const key = createPublicKey(privateKey);
  const spki = key.export({ format: "pem", type: "spki" }) as string;
  const pems = [spki];
  if (algorithm === "RS256") pems.push(key.export({ format: "pem", type: "pkcs1" }) as string);
  const jwk = key.export({ format: "jwk" });
  const bodies = pems.map((pem) => pem.replace(/-----[^-]+-----|\n/g, ""));
  return [
    ...pems.flatMap((pem) => [pem, pem.trimEnd(), pem.replaceAll("\n", "\r\n"), ` ${pem}`, `\n${pem}`, `key: ${pem}`]),
    ...bodies,
    ...bodies.map((body) => Buffer.from(body, "base64")),
    JSON.stringify(jwk),
    JSON.stringify({ ...jwk, kid, alg: algorithm, use: "sig" }),
    ...Object.values(jwk).map(String),
    ...Object.values(jwk).map((value) => Buffer.from(String(value), "base64url")),
  ];
}

const confusions = Object.fromEntries(algorithms.map((name) => [name, textualForms(keys[name])])) as unknown as Record<
  SigningAlgorithm,
  readonly (string | Uint8Array)[]
>;

function sealHmac({ header, claims }: Forger, alg: string, secret: string | Uint8Array): string {
  const input = `${encodeJson({ ...header, alg })}.${encodeJson(claims)}`;
  const digest = `sha${/HS(384|512)/.exec(alg)?.[1] ?? "256"}`;
  return `${input}.${createHmac(digest, secret).update(input).digest("base64url")}`;
}

const segmentsOf = (token: string): [string, string, string] => token.split(".") as [string, string, string];
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const replaceAt = (text: string, at: number, by: string): string => text.slice(0, at) + by + text.slice(at + 1);
const replaceSignature = (token: string, signature: string | Uint8Array): string =>
  `${token.slice(0, token.lastIndexOf("."))}.${typeof signature === "string" ? signature : encode(signature)}`;
const signatureOf = (token: string): Buffer => Buffer.from(segmentsOf(token)[2], "base64url");
/** The same bytes, spelled with spare bits that are not zero. */
const respell = (segment: string): string =>
  replaceAt(segment, segment.length - 1, alphabet[alphabet.indexOf(segment.at(-1) ?? "") + 1] ?? "");
const padded = (value: object): string => {
  const text = JSON.stringify(value);
  return text + " ".repeat((4 - (text.length % 3)) % 3);
};
const insert = (text: string, by: string): string => text.replace("{", `{${by},`);

type Family = { readonly expected?: string; readonly forge: (forger: Forger) => string };

const families: Readonly<Record<string, Family>> = {
  // Which algorithm
  "alg none in any case": {
    forge: (f) =>
      `${encodeJson({ ...f.header, alg: f.pick(["none", "None", "NONE", "nOnE", "none "]) })}.${encodeJson(f.claims)}.`,
  },
  "alg none with a signature": {
    forge: (f) =>
      replaceSignature(`${encodeJson({ ...f.header, alg: "none" })}.${encodeJson(f.claims)}.`, signatureOf(f.good)),
  },
  "no signature under the right alg": { forge: (f) => replaceSignature(f.good, "") },
  "HMAC with the public key as its secret": {
    forge: (f) => sealHmac(f, f.pick(["HS256", "HS384", "HS512"]), f.pick(confusions[f.algorithm])),
  },
  "HMAC with the public key under the right alg": {
    forge: (f) => sealHmac(f, f.algorithm, f.pick(confusions[f.algorithm])),
  },
  "HMAC with an empty secret": { forge: (f) => sealHmac(f, f.pick(["HS256", "HS512", f.algorithm]), "") },
  "HMAC with an oct key of the key set": {
    forge: (f) => sealHmac({ ...f, header: { ...f.header, kid: "octets" } }, "HS256", octetKey),
  },
  "another alg, signed by the right key": {
    forge: (f) =>
      f.withHeader({ alg: f.pick(["RS384", "RS512", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "Ed448", "HS256"]) }),
  },
  "RSA-PSS by the right key": {
    forge: (f) => {
      const header = encodeJson({ ...headerOf(keys.RS256), alg: f.pick(["PS256", "RS256"]) });
      const input = `${header}.${encodeJson(f.claims)}`;
      const padding = { key: keys.RS256.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
      return `${input}.${encode(sign("sha256", Buffer.from(input), padding))}`;
    },
  },
  "another hash by the right key": {
    forge: (f) => {
      const input = `${encodeJson(headerOf(keys.ES256))}.${encodeJson(f.claims)}`;
      const key = { key: keys.ES256.privateKey, dsaEncoding: "ieee-p1363" } as const;
      return `${input}.${encode(sign(f.pick(["sha384", "sha512", "sha1"]), Buffer.from(input), key))}`;
    },
  },
  "alg of another key of the set": {
    forge: (f) => {
      const other = keys[f.pick(algorithms.filter((name) => name !== f.algorithm))];
      return seal(other, encodeJson({ ...f.header, alg: other.algorithm }), encodeJson(f.claims));
    },
  },
  "alg of another type or spelling": {
    forge: (f) =>
      f.withHeader({
        alg: f.pick([
          undefined,
          null,
          1,
          true,
          [f.algorithm],
          { name: f.algorithm },
          "",
          f.algorithm.toLowerCase(),
          `${f.algorithm} `,
        ]),
      }),
  },
  // Which key
  "unknown kid": { forge: (f) => f.withHeader({ kid: `k${f.below(1e9)}` }) },
  "kid of another type": {
    forge: (f) => f.withHeader({ kid: f.pick([undefined, null, 0, true, [f.key.kid], { kid: f.key.kid }, ""]) }),
  },
  "kid that means something elsewhere": {
    forge: (f) =>
      f.withHeader({
        kid: f.pick([
          "__proto__",
          "constructor",
          "toString",
          "../../../dev/null",
          "' OR 1=1 --",
          `${f.key.kid}\u0000`,
          ` ${f.key.kid}`,
          f.key.kid.toUpperCase(),
          "x".repeat(65),
          "*",
        ]),
      }),
  },
  "kid of a sibling key": { forge: (f) => f.withHeader({ kid: siblings[f.algorithm].kid }) },
  "a stranger's key under our kid": {
    forge: (f) => seal(strangers[f.algorithm], encodeJson(f.header), encodeJson(f.claims)),
  },
  "a stranger's key in the header (jwk)": {
    forge: (f) =>
      seal(
        strangers[f.algorithm],
        encodeJson({ ...f.header, jwk: show(strangers[f.algorithm]) }),
        encodeJson(f.claims),
      ),
  },
  "jku, x5u or x5c, signed by a stranger": {
    forge: (f) => {
      const away = f.pick([
        { jku: `${issuer}${paths.keySet}` },
        { jku: "https://evil.example/jwks" },
        { x5u: "https://evil.example/c" },
        { x5c: ["MIIB"] },
      ]);
      return seal(strangers[f.algorithm], encodeJson({ ...f.header, ...away }), encodeJson(f.claims));
    },
  },
  "jku, x5u, x5c or jwk, signed by the right key": {
    forge: (f) =>
      f.withHeader(f.pick([{ jku: issuer }, { x5u: issuer }, { x5c: [] }, { jwk: show(f.key) }, { jku: null }])),
  },
  "crit, with names known or not": {
    forge: (f) => f.withHeader({ crit: f.pick([["exp"], ["b64"], [], "exp", null, ["crit"], ["x"]]) }),
  },
  "zip, b64, cty or enc": {
    forge: (f) =>
      f.withHeader(
        f.pick([{ zip: "DEF" }, { b64: false }, { b64: true }, { cty: "JWT" }, { enc: "A256GCM" }, { zip: null }]),
      ),
  },
  "a key without alg in the set": { forge: (f) => mint(decoys.noAlgorithm, f.claims) },
  "a key for encryption in the set": { forge: (f) => mint(decoys.encryption, f.claims) },
  "a key whose kid is repeated in the set": {
    forge: (f) => mint(f.pick([decoys.repeated, { ...strangers.ES256, kid: "repeated" }]), f.claims),
  },
  "a short RSA key in the set": { forge: (f) => mint(decoys.weak, f.claims) },
  "a leaked private key in the set": { forge: (f) => mint(decoys.leaked, f.claims) },
  "a key with a malformed kid in the set": { forge: (f) => mint(decoys.misnamed, f.claims) },
  // What kind of token
  "another type of token by the right key": {
    forge: (f) =>
      f.withHeader({
        typ: f.pick([
          "JWT",
          "jwt",
          "id_token",
          "logout+jwt",
          "dpop+jwt",
          "client-authentication+jwt",
          "secevent+jwt",
          "token-introspection+jwt",
          "biped-revocations+jwt",
          "entity-statement+jwt",
        ]),
      }),
  },
  "typ of another type or spelling": {
    forge: (f) =>
      f.withHeader({
        typ: f.pick([
          undefined,
          null,
          "",
          1,
          ["at+jwt"],
          "at+jwt ",
          " at+jwt",
          "at+jwt;v=1",
          "application/at+jwt+x",
          "text/at+jwt",
          "application/application/at+jwt",
          "at jwt",
        ]),
      }),
  },
  "an encrypted token of five parts": {
    forge: (f) =>
      f.pick([
        `${f.good}.AAAA.AAAA`,
        `${encodeJson({ alg: "RSA-OAEP", enc: "A256GCM", kid: f.key.kid })}.AAAA.AAAA.${encode(f.good)}.AAAA`,
        `${encodeJson({ alg: "dir", enc: "A256GCM", cty: "JWT" })}..AAAA.${encode(f.good)}.AAAA`,
      ]),
  },
  // Whose, for whom, when
  "another issuer": {
    forge: (f) =>
      f.withClaims({
        iss: f.pick([
          `${issuer}/`,
          `${issuer}.evil.example`,
          issuer.slice(0, -1),
          issuer.toUpperCase(),
          `${issuer}/emulator`,
          "https://evil.example",
          [issuer],
          null,
          undefined,
          "",
          `${issuer}\u0000`,
          { url: issuer },
        ]),
      }),
  },
  "another audience": {
    forge: (f) =>
      f.withClaims({
        aud: f.pick([
          "https://api.nowhere.example",
          [],
          ["x"],
          null,
          {},
          undefined,
          "",
          "*",
          `${endpoint}/`,
          endpoint.toUpperCase(),
          endpoint.slice(0, -1),
          `${endpoint} `,
          0,
          [null],
          [endpoint, 1],
          [[endpoint]],
          { 0: endpoint, length: 1 },
          issuer,
        ]),
      }),
  },
  "another cloud": {
    expected: "WRONG_CLOUD",
    forge: (f) => f.withClaims({ aud: f.pick([otherEndpoint, [otherEndpoint], ["x", otherEndpoint]]) }),
  },
  expired: {
    expected: "JWT_EXPIRED",
    forge: (f) => f.withClaims({ iat: now - 4000 - f.below(1e8), exp: now - 30 - f.below(370) }),
  },
  "expired, and by a stranger": {
    forge: (f) =>
      seal(strangers[f.algorithm], encodeJson(f.header), encodeJson({ ...f.claims, iat: now - 9000, exp: now - 5400 })),
  },
  "expired, and of another issuer or type": {
    forge: (f) => {
      const old = { ...f.claims, iat: now - 9000, exp: now - 5400 };
      return f.pick([
        mint(f.key, { ...old, iss: "https://evil.example" }),
        seal(f.key, encodeJson({ ...f.header, typ: "JWT" }), encodeJson(old)),
      ]);
    },
  },
  "exp of another type": {
    forge: (f) =>
      f.withClaims({
        exp: f.pick([undefined, null, String(now + 3600), "never", true, [now + 3600], now + 3600.5, -1, 2 ** 53, {}]),
      }),
  },
  "exp that is no number in JSON's range": {
    forge: (f) =>
      f.withTexts(
        JSON.stringify(f.header),
        JSON.stringify(f.claims).replace(/"exp":\d+/, `"exp":${f.pick(["1e400", "9007199254740993", "-0.5", "1e-7"])}`),
      ),
  },
  "iat of another type": {
    forge: (f) => f.withClaims({ iat: f.pick([undefined, null, String(now), true, [now], now - 0.5, -1, {}]) }),
  },
  "issued in the future": {
    forge: (f) => f.withClaims({ iat: now + 31 + f.below(3000), exp: now + 3600 + f.below(1e6) }),
  },
  "ended before it began": { forge: (f) => f.withClaims({ exp: now + f.below(20), iat: now + 20 + f.below(5) }) },
  "not yet valid": { forge: (f) => f.withClaims({ nbf: f.pick([now + 31 + f.below(1e6), "0", null, [], true]) }) },
  // What it says
  "project_id or account_id of another type": {
    forge: (f) =>
      f.withClaims({
        [f.pick(["project_id", "account_id"])]: f.pick([undefined, null, "42", 0, -42, 4.2, 2 ** 53, [42], true, {}]),
      }),
  },
  "a missing or malformed claim": {
    forge: (f) =>
      f.withClaims({
        [f.pick(["sub", "client_id", "jti", "scope", "secret_id", "epochs"])]: f.pick([
          undefined,
          null,
          "",
          1,
          [],
          ["data-export"],
          true,
        ]),
      }),
  },
  "sub that is not the client_id": { forge: (f) => f.withClaims({ sub: `administrator-${f.below(1e6)}` }) },
  "a payload that is no object": {
    forge: (f) =>
      f.withTexts(
        JSON.stringify(f.header),
        f.pick([
          "null",
          "[]",
          '"x"',
          "42",
          "true",
          `[${JSON.stringify(f.claims)}]`,
          " ",
          "{",
          `${JSON.stringify(f.claims)}x`,
          JSON.stringify(f.claims).replaceAll('"', "'"),
        ]),
      ),
  },
  "claims by way of a prototype": {
    forge: (f) =>
      f.withTexts(
        JSON.stringify(f.header),
        f.pick([
          `{"__proto__":${JSON.stringify(f.claims)}}`,
          insert(JSON.stringify(f.claims), '"__proto__":{"project_id":1}'),
          insert(JSON.stringify(f.claims), '"constructor":{"prototype":{}}'),
        ]),
      ),
  },
  // How it is written
  "a repeated claim": {
    forge: (f) =>
      f.withTexts(
        JSON.stringify(f.header),
        f.pick([
          insert(JSON.stringify(f.claims), '"project_id":1'),
          insert(JSON.stringify(f.claims), '"\\u0069ss":"x"'),
          insert(JSON.stringify(f.claims), '"exp" : 1'),
          JSON.stringify(f.claims).replace('"account":', '"account":1,"account":'),
        ]),
      ),
  },
  "a repeated header member": {
    forge: (f) =>
      f.withTexts(
        insert(
          JSON.stringify(f.header),
          f.pick(['"alg":"none"', '"kid":"x"', '"typ":"JWT"', '"\\u0061lg":"none"', `"alg":"${f.algorithm}"`]),
        ),
        JSON.stringify(f.claims),
      ),
  },
  "a header that is no object": {
    forge: (f) =>
      f.withTexts(f.pick(["null", "[]", '"x"', "1", "{", JSON.stringify([f.header])]), JSON.stringify(f.claims)),
  },
  "bytes that are not UTF-8": {
    forge: (f) => {
      const bad = Buffer.from(f.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3]]));
      const spoil = (value: object): Buffer => {
        const [head = "", tail = ""] = insert(JSON.stringify(value), '"x":"@"').split("@");
        return Buffer.concat([Buffer.from(head), bad, Buffer.from(tail)]);
      };
      const [header, claims] = [JSON.stringify(f.header), JSON.stringify(f.claims)];
      return f.pick([() => f.withTexts(header, spoil(f.claims)), () => f.withTexts(spoil(f.header), claims)])();
    },
  },
  "a byte order mark, or UTF-16": {
    forge: (f) => {
      const spoil = f.pick([
        (text: string) => Buffer.from(`\ufeff${text}`),
        (text: string) => Buffer.from(text, "utf16le"),
      ]);
      const [header, claims] = [JSON.stringify(f.header), JSON.stringify(f.claims)];
      return f.pick([() => f.withTexts(header, spoil(claims)), () => f.withTexts(spoil(header), claims)])();
    },
  },
  "spare bits in the signature": { forge: (f) => replaceSignature(f.good, respell(segmentsOf(f.good)[2])) },
  "spare bits in a segment that is signed": {
    forge: (f) => {
      const [header, payload] = [encode(`${padded(f.header)} `), encode(`${padded(f.claims)} `)];
      return f.pick([() => seal(f.key, respell(header), payload), () => seal(f.key, header, respell(payload))])();
    },
  },
  "padding, blanks or the other alphabet": {
    forge: (f) => {
      const spoil = f.pick([
        (text: string) => `${text}=`,
        (text: string) => `${text}==`,
        (text: string) => `${text}\n`,
        (text: string) => ` ${text}`,
        (text: string) => `${text.slice(0, 4)}\r\n${text.slice(4)}`,
        (text: string) => `${text}%3D`,
        (text: string) => `${text}+/`,
      ]);
      const parts = segmentsOf(f.good);
      const at = f.below(3);
      return parts.map((part, index) => (index === at ? spoil(part) : part)).join(".");
    },
  },
  "padding or the other alphabet, signed that way": {
    forge: (f) => {
      const spoil = f.pick([(text: string) => `${text}=`, (text: string) => `${text}\n`, (text: string) => ` ${text}`]);
      const [header, payload] = [encodeJson(f.header), encodeJson(f.claims)];
      return f.pick([() => seal(f.key, spoil(header), payload), () => seal(f.key, header, spoil(payload))])();
    },
  },
  "letters whose low byte is the right one": {
    forge: (f) => {
      const at = f.below(f.good.length);
      return replaceAt(f.good, at, String.fromCharCode(f.good.charCodeAt(at) + 0x100 * (1 + f.below(200))));
    },
  },
  "the JSON serialisation": {
    forge: (f) => {
      const [header, payload, signature] = segmentsOf(f.good);
      return JSON.stringify(
        f.pick([
          { protected: header, payload, signature },
          { payload, signatures: [{ protected: header, signature }] },
        ]),
      );
    },
  },
  "more or fewer segments": {
    forge: (f) => {
      const [header, payload, signature] = segmentsOf(f.good);
      return f.pick([
        "",
        ".",
        "..",
        "...",
        header,
        `${header}.${payload}`,
        `${header}.${signature}`,
        `.${f.good}`,
        `${f.good}.`,
        `${f.good}.${signature}`,
        `.${payload}.${signature}`,
        `${header}..${signature}`,
        `${header}.${payload}..`,
      ]);
    },
  },
  "an oversized header": { forge: (f) => f.withHeader({ x: "x".repeat(1000 + f.below(2000)) }) },
  "an oversized token": { forge: (f) => f.withClaims({ x: "x".repeat(6000 + f.below(4000)) }) },
  "something before or behind": {
    forge: (f) =>
      f.pick([
        `${f.good} `,
        ` ${f.good}`,
        `${f.good}\u0000`,
        `Bearer ${f.good}`,
        `"${f.good}"`,
        `${f.good},${f.good}`,
        `${f.good}\r\n`,
        `\ufeff${f.good}`,
      ]),
  },
  // A good token, mangled
  "one character changed": {
    forge: (f) => {
      const at = f.below(f.good.length);
      return replaceAt(f.good, at, f.pick([...alphabet, ".", "=", "é"].filter((letter) => letter !== f.good[at])));
    },
  },
  "one bit flipped": {
    forge: (f) => {
      const parts = segmentsOf(f.good).map((part) => Buffer.from(part, "base64url"));
      const part = f.pick(parts);
      const at = f.below(part.length);
      part[at] = (part[at] ?? 0) ^ (1 << f.below(8));
      return parts.map(encode).join(".");
    },
  },
  "cut short": { forge: (f) => f.good.slice(0, f.below(f.good.length)) },
  "the cut out of the middle": {
    forge: (f) => {
      const at = f.below(f.good.length - 1);
      return f.good.slice(0, at) + f.good.slice(at + 1 + f.below(20));
    },
  },
  "two characters exchanged": {
    forge: (f) => {
      const at = f.below(f.good.length - 1);
      const [one = "", two = ""] = f.good.slice(at, at + 2);
      return one === two ? replaceSignature(f.good, "AAAA") : replaceAt(replaceAt(f.good, at, two), at + 1, one);
    },
  },
  "segments of two good tokens": {
    forge: (f) => {
      const [header, payload, signature] = segmentsOf(f.good);
      const [, otherPayload, otherSignature] = segmentsOf(f.otherGood);
      return f.pick([
        `${header}.${otherPayload}.${signature}`,
        `${header}.${payload}.${otherSignature}`,
        `${payload}.${header}.${signature}`,
      ]);
    },
  },
  "another payload under a good signature": {
    forge: (f) => replaceSignature(`${encodeJson(f.header)}.${encodeJson(f.claims)}.`, signatureOf(f.good)),
  },
  "a signature of chosen numbers": {
    forge: (f) => {
      const size = signatureOf(f.good).length;
      // CVE-2022-21449: r = s = 0, and the order of the curve; a 1 in RSA is its own signature.
      const order = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
      return replaceSignature(
        f.good,
        f.pick([
          Buffer.alloc(size),
          Buffer.alloc(size, 0xff),
          Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]),
          Buffer.concat([order, order]),
        ]),
      );
    },
  },
  "a signature of another length or form": {
    forge: (f) => {
      const signature = signatureOf(f.good);
      const input = f.good.slice(0, f.good.lastIndexOf("."));
      return replaceSignature(
        f.good,
        f.pick([
          () => Buffer.concat([signature, Buffer.alloc(1)]),
          () => Buffer.concat([Buffer.alloc(1), signature]),
          () => signature.subarray(1),
          () => Buffer.concat([signature, signature]),
          () => Buffer.from(signature).reverse(),
          () => sign("sha256", Buffer.from(input), keys.ES256.privateKey),
        ])(),
      );
    },
  },
};

const familyNames = Object.keys(families);

/** Promises that no forged token passes, and that each is refused with its own code. */
function testForgeries(name: string, cases: number, guard: Guard): void {
  const counts = new Map<string, number>();
  const arbitrary = fc.record({ family: fc.constantFrom(...familyNames), seed: fc.nat(0x7fffffff) });
  testProperty(
    name,
    cases,
    fc.asyncProperty(arbitrary, async ({ family, seed }) => {
      const { forge, expected = "JWT_INVALID" } = families[family] ?? { forge: () => "" };
      const outcome = await guard.verify(forge(createForger(seed)));
      counts.set(family, (counts.get(family) ?? 0) + 1);
      expect(isRefusal(outcome) ? outcome.code : "accepted").toBe(expected);
    }),
  );
  test(`${name}: every family had its turn`, () => {
    expect([...counts.keys()].toSorted()).toEqual(familyNames.toSorted());
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(cases);
  });
}

test("there are at least forty families of attacks", () => {
  expect(familyNames.length).toBeGreaterThanOrEqual(40);
});

testForgeries("on Node, no forged or mangled token is accepted", 100_000, openGuard(nodeVerifier));
testForgeries("on WebCrypto, no forged or mangled token is accepted", 10_000, openGuard(webVerifier));

const guards = [openGuard(nodeVerifier), openGuard(webVerifier)];

test.each(algorithms)("HMAC under every textual form of the %s public key is refused", async (algorithm) => {
  const forms = confusions[algorithm];
  const forger = { ...createForger(1), header: headerOf(keys[algorithm]) };
  for (const guard of guards) {
    for (const alg of ["HS256", "HS384", "HS512", algorithm]) {
      for (const form of forms) {
        const outcome = await guard.verify(sealHmac(forger, alg, form));
        expect(isRefusal(outcome) && outcome.code).toBe("JWT_INVALID");
      }
    }
  }
});

/** Texts of every kind that JSON can hold, short enough for a token. */
const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const epoch = fc.nat();
const goodClaims = fc.record({
  aud: fc.constantFrom(endpoint, [endpoint], ["https://elsewhere.example", endpoint]),
  iat: fc.integer({ min: now - 3000, max: now + 30 }),
  jti: text,
  scope: fc.constantFrom("data-export", "data-export metrics", "enrichment"),
  project_id: id,
  account_id: id,
  secret_id: text,
  epochs: fc.record({ account: epoch, project: epoch, credential: epoch }),
  client_id: text,
});

const trusted = createLocalJWKSet({ keys: Object.values(keys).map(show) } as unknown as JSONWebKeySet);

testProperty(
  "every good token passes on Node, on WebCrypto and with jose, with the same claims",
  600,
  fc.asyncProperty(fc.constantFrom(...algorithms), goodClaims, fc.boolean(), async (algorithm, facts, isSpaced) => {
    const key = keys[algorithm];
    const claims = { ...facts, iss: issuer, sub: facts.client_id, exp: facts.iat + 3600 };
    const payload = isSpaced ? JSON.stringify(claims, null, 2) : JSON.stringify(claims);
    const typ = isSpaced ? "application/AT+JWT" : "at+jwt";
    const token = seal(key, encodeJson({ ...headerOf(key), typ }), encode(payload));
    const how = { issuer, audience: endpoint, clockTolerance: 30, currentDate: new Date(now * 1000) };
    const verified = await jwtVerify(token, trusted, { ...how, algorithms: [...algorithms] });
    const expected = { ...verified.payload, aud: [verified.payload.aud].flat() };
    for (const guard of guards) expect(await guard.verify(token)).toEqual(expected);
  }),
);

test("a private key reads back as the public one that is shown, so that the forgeries above are what they claim", async () => {
  for (const algorithm of algorithms) {
    const { privateKey } = keys[algorithm];
    expect(createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).equals(privateKey)).toBe(true);
    for (const good of goodTokens[algorithm]) {
      for (const guard of guards) expect(isRefusal(await guard.verify(good))).toBe(false);
    }
  }
});
