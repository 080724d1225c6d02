import { signingAlgorithms } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { isKeyId, parsePublicKey } from "./public-key.ts";

/** A modulus of so many bytes in base64url. Only its length and its first bits are judged. */
const modulus = (bytes: number, first: number) =>
  Buffer.from([first, ...Buffer.alloc(bytes - 1, 1)]).toString("base64url");
const x = Buffer.alloc(32, 1).toString("base64url");
const y = Buffer.alloc(32, 2).toString("base64url");
const rsa = { kid: "k1", alg: "RS256", kty: "RSA", n: modulus(256, 0x80), e: "AQAB" };
const ec = { kid: "k2", alg: "ES256", kty: "EC", crv: "P-256", x, y };
const okp = { kid: "k3", alg: "Ed25519", kty: "OKP", crv: "Ed25519", x };

const parse = (value: unknown) => parsePublicKey(value, signingAlgorithms);
const ofAlgorithm = { RS256: rsa, ES256: ec, Ed25519: okp };

describe("a key of a key set (RFC 7517 §4)", () => {
  test("is reduced to the members that make it", () => {
    const further = { use: "sig", key_ops: ["verify"], x5c: ["a"], further: 1 };
    const { n, e } = rsa;
    expect([rsa, ec, okp].map((jwk) => parse({ ...jwk, ...further }))).toStrictEqual([
      { kid: "k1", algorithm: "RS256", jwk: { kty: "RSA", n, e } },
      { kid: "k2", algorithm: "ES256", jwk: { kty: "EC", crv: "P-256", x, y } },
      { kid: "k3", algorithm: "Ed25519", jwk: { kty: "OKP", crv: "Ed25519", x } },
    ]);
  });

  test("needs neither use nor key_ops, and may be for more than verifying", () => {
    expect(parse(ec)).not.toHaveProperty("unusable");
    expect(parse({ ...ec, key_ops: ["sign", "verify"] })).not.toHaveProperty("unusable");
  });

  test.each<[string, unknown]>([
    ["not an object", undefined],
    ["not an object", null],
    ["not an object", [ec]],
    ["a missing or malformed kid", { ...ec, kid: undefined }],
    ["another use than sig", { ...ec, use: "enc" }],
    ["another use than sig", { ...ec, use: null }],
    ["another operation than verify", { ...ec, key_ops: [] }],
    ["another operation than verify", { ...ec, key_ops: ["sign"] }],
    ["another operation than verify", { ...ec, key_ops: "verify" }],
    ["another operation than verify", { ...ec, key_ops: null }],
    ["no alg, or one that is not allowed", { ...ec, alg: undefined }],
    ["no alg, or one that is not allowed", { ...ec, alg: "HS256" }],
    ...["d", "p", "q", "dp", "dq", "qi", "oth", "k"].map((name): [string, unknown] => [
      "a private or symmetric key",
      { ...ec, [name]: "a" },
    ]),
  ])("is ignored: %s: %j", (unusable, value) => {
    expect(parse(value)).toStrictEqual({ unusable });
  });

  test("is ignored where its algorithm is not one of this guard's", () => {
    expect(parsePublicKey(rsa, ["ES256"])).toStrictEqual({ unusable: "no alg, or one that is not allowed" });
  });
});

describe("the material of a key (RFC 7518 §6)", () => {
  test.each([
    ["RS256", { kty: "EC" }],
    ["RS256", { e: "AQ" }],
    ["RS256", { e: undefined }],
    ["RS256", { n: undefined }],
    ["RS256", { n: `${modulus(256, 0x80)}=` }],
    ["ES256", { kty: "OKP" }],
    ["ES256", { crv: "P-384" }],
    ["ES256", { x: undefined }],
    ["ES256", { y: undefined }],
    ["ES256", { y: `${y}A` }],
    ["Ed25519", { kty: "EC" }],
    ["Ed25519", { crv: "X25519" }],
    ["Ed25519", { x: 43 }],
    ["Ed25519", { x: x.slice(1) }],
    ["Ed25519", { x: `${x}AA` }],
    ["Ed25519", { x: `+${x.slice(1)}` }],
  ] as const)("not a well-formed key for %s: %j", (algorithm, changes) => {
    const unusable = `not a well-formed key for ${algorithm}`;
    expect(parse({ ...ofAlgorithm[algorithm], ...changes })).toStrictEqual({ unusable });
  });

  test.each([
    [2047, 256, 0x7f, false],
    [2048, 256, 0x80, true],
    [2048, 256, 0xf8, true],
    [2048, 256, 0xfc, true],
    [8192, 1024, 0xff, true],
    [8193, 1025, 0x01, false],
    ["2048 behind a zero", 257, 0, false],
  ])("a modulus of %s bits (%i bytes, the first one %i): %s", (_bits, bytes, first, isGood) => {
    expect("unusable" in parse({ ...rsa, n: modulus(bytes, first) })).toBe(!isGood);
  });
});

test("a key id is 1 to 64 characters of base64url", () => {
  for (const kid of ["a", "A-_9", "a".repeat(64)]) expect([kid, isKeyId(kid)]).toEqual([kid, true]);
  for (const kid of ["", "a".repeat(65), "a b", "a/b", "a\n", " a", 7, ["a"], undefined]) {
    expect([kid, isKeyId(kid)]).toEqual([kid, false]);
  }
});
