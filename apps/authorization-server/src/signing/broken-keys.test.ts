import { generateKeyPairSync } from "node:crypto";
import { createLog } from "@biped/listener";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import type { SigningKey } from "../storage/storage.ts";
import { createKeyEncryptionKey, seal } from "./envelope.ts";
import { openKeyRing } from "./key-ring.ts";
import { createSigningKey } from "./signing-key.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const nowSeconds = 1_800_000_000;
const policy = { algorithm: "RS256", rsaBits: 2048, lifetimeSeconds: 7_776_000 } as const;
const active = await createSigningKey(policy, "active", { kek, nowSeconds });

/** A start on a store with this key, which must end with a line that names it and must not change the store. */
async function refuseStart(key: SigningKey): Promise<string> {
  const never = async (): Promise<never> => {
    throw new Error("The store was changed.");
  };
  const storage = {
    listSigningKeys: async () => [key],
    addSigningKey: never,
    promoteSigningKey: never,
    removeSigningKey: never,
  };
  const opening = openKeyRing({
    storage,
    kek,
    policy,
    nowSeconds: () => nowSeconds,
    log: createLog("silent", () => {}),
  });
  return opening.then(
    () => "started",
    (error: Error) => error.message,
  );
}

const reseal = (content: Uint8Array, { kid, algorithm, createdAt, state }: SigningKey = active): SigningKey => ({
  ...active,
  sealedPrivateKey: seal(content, { kid, algorithm, use: "sig", createdAt, state }, kek),
});
const pkcs8 = { format: "der", type: "pkcs8" } as const;

test.each([
  ["no key at all", Buffer.from("nonsense"), /^Signing key .* cannot be opened: /],
  [
    "a smaller RSA key",
    generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pkcs8),
    /is published with another public key than its own\.$/,
  ],
  [
    "a key of another algorithm",
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pkcs8),
    /is published with another public key than its own\.$/,
  ],
])("K-01: %s in a good envelope: the start refuses and names the kid", async (_name, content, line) => {
  const message = await refuseStart(reseal(content));
  expect(message).toMatch(line);
  expect(message).toContain(active.kid);
});

testProperty(
  "K-03: a bit of the ciphertext or of what it is bound to is flipped: the start refuses and names the kid",
  500,
  fc.asyncProperty(
    fc.constantFrom("envelope", "createdAt", "algorithm", "kid"),
    fc.nat(),
    fc.nat(7),
    async (part, at, bit) => {
      const changed = flip(part, at, bit);
      const message = await refuseStart(changed);
      expect(message).toMatch(/^Signing key .* (cannot be opened|is published with another public key)/);
      expect(message).toContain(changed.kid);
    },
  ),
);

function flip(part: "envelope" | "createdAt" | "algorithm" | "kid", at: number, bit: number): SigningKey {
  if (part === "createdAt") return { ...active, createdAt: active.createdAt ^ (1 << (at % 30)) };
  if (part === "algorithm") return { ...active, algorithm: at % 2 === 0 ? "ES256" : "Ed25519" };
  if (part === "kid") return { ...active, kid: flipText(active.kid, at, bit % 5) };
  const parts = active.sealedPrivateKey?.split(".") ?? [];
  const place = 2 + (at % 2);
  const bytes = Buffer.from(parts[place] ?? "", "base64url");
  bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ (1 << bit), at % bytes.length);
  return { ...active, sealedPrivateKey: parts.with(place, bytes.toString("base64url")).join(".") };
}

function flipText(text: string, at: number, bit: number): string {
  const place = at % text.length;
  return text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ (1 << bit)) + text.slice(place + 1);
}
