import { createPrivateKey, type KeyObject } from "node:crypto";

/** RFC 8410 §7: what stands before the seed of a private key of Ed25519 in PKCS #8. */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** The private key of Ed25519 with this seed of 32 bytes. */
export function createSeededKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
}
