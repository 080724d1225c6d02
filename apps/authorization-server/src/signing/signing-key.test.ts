import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { signingAlgorithms } from "@biped/protocol";
import { calculateJwkThumbprint } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { SigningKey } from "../storage/storage.ts";
import { createKeyEncryptionKey } from "./envelope.ts";
import { createSigningKey, digestOf, openSigningKey, resealSigningKey } from "./signing-key.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const nowSeconds = 1_800_000_000;
const create = (algorithm: (typeof signingAlgorithms)[number], rsaBits = 2048) =>
  createSigningKey({ algorithm, rsaBits }, "next", { kek, nowSeconds });

describe.each(signingAlgorithms)("a key for %s", (algorithm) => {
  let key: SigningKey;
  beforeAll(async () => {
    key = await create(algorithm);
  });

  test("is next from now on, and its id is the thumbprint of RFC 7638", async () => {
    expect(key).toMatchObject({ algorithm, state: "next", createdAt: nowSeconds, stateSince: nowSeconds });
    expect(key.kid).toBe(await calculateJwkThumbprint(JSON.parse(key.publicJwk), "sha256"));
    expect(key.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test("is published with its public members alone", () => {
    const members = { RS256: ["e", "kty", "n"], ES256: ["crv", "kty", "x", "y"], Ed25519: ["crv", "kty", "x"] };
    const jwk = JSON.parse(key.publicJwk);
    expect(Object.keys(jwk).sort()).toEqual(["alg", "kid", "use", ...members[algorithm]].sort());
    expect([jwk.alg, jwk.kid, jwk.use]).toEqual([algorithm, key.kid, "sig"]);
  });

  test("opens to the pair that it was", () => {
    const { privateKey, publicKey } = openSigningKey(key, kek);
    const published = createPublicKey({ key: JSON.parse(key.publicJwk), format: "jwk" });
    expect(publicKey.equals(published)).toBe(true);
    expect(createPublicKey(privateKey).equals(published)).toBe(true);
  });

  test("opens in the state for which it was sealed anew, and in no other", () => {
    const active: SigningKey = { ...key, state: "active", sealedPrivateKey: resealSigningKey(key, "active", kek) };
    expect(openSigningKey(active, kek).publicKey.equals(openSigningKey(key, kek).publicKey)).toBe(true);
    expect(() => openSigningKey({ ...active, state: "next" }, kek)).toThrow(/the envelope is damaged/);
  });
});

test.each([2048, 3072, 4096])("R-24: an RSA key has the %i bits of its setting", async (bits) => {
  const { publicKey } = openSigningKey(await create("RS256", bits), kek);
  expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(bits);
});

describe("R-22, K-03: a row that was edited does not open, and the error names the kid", () => {
  let key: SigningKey;
  let other: SigningKey;
  beforeAll(async () => {
    [key, other] = await Promise.all([create("ES256"), create("ES256")]);
  });
  const damaged = (kid: string) => new Error(`Signing key ${kid} cannot be opened: the envelope is damaged.`);
  const foreign = () => new Error(`Signing key ${key.kid} is published with another public key than its own.`);

  test.each(["active", "passive", "gone"] as const)("its state: %s", (state) => {
    expect(() => openSigningKey({ ...key, state }, kek)).toThrow(damaged(key.kid));
  });

  test("its id, its algorithm, its time of creation", () => {
    expect(() => openSigningKey({ ...key, kid: other.kid }, kek)).toThrow(damaged(other.kid));
    expect(() => openSigningKey({ ...key, algorithm: "RS256" }, kek)).toThrow(damaged(key.kid));
    expect(() => openSigningKey({ ...key, createdAt: nowSeconds + 1 }, kek)).toThrow(damaged(key.kid));
  });

  test("its private key, taken from another row", () => {
    expect(() => openSigningKey({ ...key, sealedPrivateKey: other.sealedPrivateKey }, kek)).toThrow(damaged(key.kid));
  });

  test("its public key: another row's, a forger's under its id, one with a member more, none", () => {
    const forged = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
    const underItsId = JSON.stringify({ ...forged, kid: key.kid, alg: "ES256", use: "sig" });
    const withMore = JSON.stringify({ ...JSON.parse(key.publicJwk), x5u: "https://evil.example" });
    for (const publicJwk of [other.publicJwk, underItsId, withMore, "", "null", "{"]) {
      expect(() => openSigningKey({ ...key, publicJwk }, kek)).toThrow(foreign());
    }
  });

  test("its public key in another order of members is the same one", () => {
    const publicJwk = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(key.publicJwk)).reverse()));
    expect(openSigningKey({ ...key, publicJwk }, kek).key.publicJwk).toBe(publicJwk);
  });

  test("its private key deleted", () => {
    expect(() => openSigningKey({ ...key, sealedPrivateKey: undefined }, kek)).toThrow(
      new Error(`Signing key ${key.kid} cannot be opened: its private key is gone.`),
    );
  });

  test("K-02: a wrong key-encryption key is named beside the kid", () => {
    const wrong = createKeyEncryptionKey(Buffer.alloc(32, 8));
    expect(() => openSigningKey(key, wrong)).toThrow(
      new Error(
        `Signing key ${key.kid} cannot be opened: sealed with another key-encryption key (${kek.id}, not ${wrong.id}).`,
      ),
    );
    expect(() => resealSigningKey(key, "active", wrong)).toThrow(/Signing key .* sealed with another/);
  });
});

test("Ed25519 hashes by itself, the others with SHA-256", () => {
  expect(signingAlgorithms.map(digestOf)).toEqual(["sha256", "sha256", null]);
});
