import { sign as signNow } from "node:crypto";
import { isRefusal, signingAlgorithms } from "@biped/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { createKeyEncryptionKey } from "./envelope.ts";
import { createReadOwnToken, type ReadOwnToken } from "./read-own-token.ts";
import { createSigner } from "./signer.ts";
import { createSigningKey, digestOf, type OpenedKey, openSigningKey } from "./signing-key.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const issuer = "https://auth.example.com";
const nowSeconds = 1_800_000_000;
const claims = {
  iss: issuer,
  sub: "c3133d76-a768-4f5a-8f0e-000000000001",
  client_id: "c3133d76-a768-4f5a-8f0e-000000000001",
  aud: "https://api.eu-west-1.example.com",
  exp: nowSeconds + 3600,
  iat: nowSeconds,
  jti: "0123456789abcdefghijkl",
  scope: "data-export",
  project_id: 42,
  account_id: 1,
  secret_id: "5f0c0d0e-0000-4000-8000-000000000001",
  epochs: { account: 0, project: 0, credential: 0 },
};

describe.each(signingAlgorithms)("a token signed with %s", (algorithm) => {
  let opened: OpenedKey;
  let read: ReadOwnToken;
  let token: string;
  const clock = { seconds: nowSeconds };
  beforeAll(async () => {
    opened = openSigningKey(await createSigningKey({ algorithm, rsaBits: 2048 }, "active", { kek, nowSeconds }), kek);
    const findPublicKey = (kid: string) => (kid === opened.key.kid ? opened : undefined);
    read = createReadOwnToken({ keyRing: { findPublicKey }, issuer, nowSeconds: () => clock.seconds });
    const signed = await createSigner({ activeKey: () => opened, monotonicSeconds: () => 0 })(claims);
    token = isRefusal(signed) ? "" : signed;
  });

  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  /** A token of any header and claims, signed with the good key. */
  const forge = (header: object, payload: object = claims): string => {
    const content = `${encode({ typ: "at+jwt", alg: algorithm, kid: opened.key.kid, ...header })}.${encode(payload)}`;
    const key = { key: opened.privateKey, dsaEncoding: "ieee-p1363" } as const;
    return `${content}.${signNow(digestOf(algorithm), Buffer.from(content), key).toString("base64url")}`;
  };

  test("is read until the second in which it expires", async () => {
    expect(await read(token)).toEqual({ ...claims, aud: [claims.aud] });
    expect(await read(forge({}))).toEqual({ ...claims, aud: [claims.aud] });
    clock.seconds = nowSeconds + 3599;
    expect((await read(token))?.jti).toBe(claims.jti);
    clock.seconds = nowSeconds + 3600;
    expect(await read(token)).toBeUndefined();
    clock.seconds = nowSeconds;
  });

  test("is read for as long after its end as is asked for, and no longer", async () => {
    const findPublicKey = () => opened;
    const parts = { keyRing: { findPublicKey }, issuer, nowSeconds: () => clock.seconds };
    const readLate = createReadOwnToken({ ...parts, clockToleranceSeconds: 120 });
    clock.seconds = nowSeconds + 3600 + 119;
    expect((await readLate(token))?.jti).toBe(claims.jti);
    clock.seconds = nowSeconds + 3600 + 120;
    expect(await readLate(token)).toBeUndefined();
    clock.seconds = nowSeconds;
  });

  test("one of the admin listener's own, without a secret's id, is not read: no credential may ask about it", async () => {
    expect(await read(forge({}, { ...claims, secret_id: "-" }))).toBeUndefined();
  });

  test.each([
    ["another type", { typ: "JWT" }],
    ["no type", { typ: undefined }],
    ["a type that is a number", { typ: 1 }],
    ["the algorithm none", { alg: "none" }],
    ["HMAC", { alg: "HS256" }],
    ["an unknown key", { kid: "unknown" }],
    ["no key", { kid: undefined }],
    ["a key id that is a number", { kid: 1 }],
    ["a key id __proto__", { kid: "__proto__" }],
    ["an extension that is critical", { crit: ["exp"] }],
    ["an unencoded payload", { b64: false, crit: ["b64"] }],
  ])("is nobody's with %s in its header", async (_name, header) => {
    expect(await read(forge(header))).toBeUndefined();
  });

  test.each([
    ["another issuer", { iss: `${issuer}/` }],
    ["no issuer", { iss: undefined }],
    ["no end", { exp: undefined }],
    ["an end that is text", { exp: "9999999999" }],
    ["another sub than client_id", { sub: "x" }],
    ["no id", { jti: undefined }],
    ["a project that is text", { project_id: "42" }],
    ["no epochs", { epochs: undefined }],
  ])("is nobody's with %s in its claims", async (_name, change) => {
    expect(await read(forge({}, { ...claims, ...change }))).toBeUndefined();
  });

  test("is nobody's in any other spelling", async () => {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const spellings = [
      "",
      ".",
      "..",
      "...",
      "x",
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${token}.`,
      `${token}.${payload}.${payload}`,
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
      `${header}.${payload}.${signature.slice(0, -1)}`,
      `${header}.${encode({ ...claims, project_id: 43 })}.${signature}`,
      `${header}.bm90IGpzb24.${signature}`,
      `${header}.W10.${signature}`,
      "\u0000.\u0000.\u0000",
      "a".repeat(8192),
    ];
    for (const spelling of spellings) expect(await read(spelling)).toBeUndefined();
  });
});
