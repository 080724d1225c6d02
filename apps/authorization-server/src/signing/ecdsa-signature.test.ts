import { generateKeyPairSync, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import { formatJwsSignature } from "./ecdsa-signature.ts";

test("5,000 signatures in the form of OpenSSL verify in the form of JWS, short coordinates among them", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const lengths = new Set<number>();
  for (let round = 0; round < 5000; round += 1) {
    const content = Buffer.from(`content ${round}`);
    const der = sign("sha256", content, privateKey);
    lengths.add(der.length);
    const signature = formatJwsSignature(der);
    expect(signature.length).toBe(64);
    expect(verify("sha256", content, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
  }
  // Each coordinate is short once in 256 times, so that lengths below the usual 70 to 72 occur.
  expect(Math.min(...lengths)).toBeLessThan(70);
});
