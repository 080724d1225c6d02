/** Attacks on access tokens, by family: each makes tokens that a guard must refuse, and says with which code. */
import { constants, createHmac, createPublicKey, sign } from "node:crypto";
import { paths, type SigningAlgorithm } from "@biped/protocol";
import {
  algorithms,
  decoys,
  encode,
  encodeJson,
  endpoint,
  type Forger,
  headerOf,
  issuer,
  keys,
  mint,
  now,
  octetKey,
  otherEndpoint,
  type SigningKey,
  seal,
  show,
  siblings,
  strangers,
} from "./forger.ts";

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

export const confusions = Object.fromEntries(
  algorithms.map((name) => [name, textualForms(keys[name])]),
) as unknown as Record<SigningAlgorithm, readonly (string | Uint8Array)[]>;

export function sealHmac({ header, claims }: Forger, alg: string, secret: string | Uint8Array): string {
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

export const families: Readonly<Record<string, Family>> = {
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
