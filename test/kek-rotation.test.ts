import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sealTotpSecret } from "../apps/authorization-server/src/administrators/second-factors.ts";
import { createKeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import { rotateKeyEncryptionKey } from "../apps/authorization-server/src/signing/rotate-key-encryption-key.ts";
import { createSigningKey } from "../apps/authorization-server/src/signing/signing-key.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { proveKilledRotations } from "./kek-rotation.ts";

describe.each([
  ["sqlite", 7],
  ["postgres", 3],
] as const)("%s", (engine, kills) => {
  test(`K-04: a rotation killed at ${kills} points: every envelope opens with both keys, all under one of them`, {
    timeout: 240_000,
  }, async () => {
    expect(await proveKilledRotations(engine, kills)).toMatchObject({ kills });
  });
});

describe("a rotation", () => {
  const author = { at: 1_800_000_000, actor: "operator", requestId: undefined };
  const [one, two] = [createKeyEncryptionKey(Buffer.alloc(32, 1)), createKeyEncryptionKey(Buffer.alloc(32, 2))];
  let directory: string;
  const open = async () => {
    directory = await mkdtemp(join(tmpdir(), "biped-rotation-"));
    return openStorage(`sqlite:${join(directory, "store.db")}`);
  };
  afterAll(() => rm(directory, { recursive: true }));

  test("K-02: with a wrong former key, or one damaged envelope among good ones: nothing is changed, and it is named", async () => {
    const storage = await open();
    const pair = { algorithm: "Ed25519", rsaBits: 2048 } as const;
    const key = await createSigningKey(pair, "active", { kek: one, nowSeconds: author.at });
    await storage.addSigningKey(key, author);
    const id = randomUUID();
    const person = { id, email: "ann@example.com", name: "Ann", passwordHash: undefined, isPlatformOwner: false };
    await storage.createAdministrator(person, author);
    const three = createKeyEncryptionKey(Buffer.alloc(32, 3));
    const wrong = rotateKeyEncryptionKey(storage, { ...two, former: three }, author);
    await expect(wrong).rejects.toThrow(`Signing key ${key.kid} cannot be opened: sealed with another`);
    await storage.beginTotp(id, sealTotpSecret(Buffer.alloc(20), "somebody else", one));
    const damaged = rotateKeyEncryptionKey(storage, { ...two, former: one }, author);
    await expect(damaged).rejects.toThrow(`The second factor of administrator ${id} cannot be opened`);
    expect(await storage.listSigningKeys()).toEqual([key]);
    await storage.beginTotp(id, sealTotpSecret(Buffer.alloc(20), id, one));
    expect(await rotateKeyEncryptionKey(storage, { ...two, former: one }, author)).toBe(2);
    expect(await rotateKeyEncryptionKey(storage, { ...two, former: one }, author)).toBe(0);
    const events = await storage.listAuditEvents(2, 10);
    expect(events).toMatchObject([
      { action: "key-encryption-key.rotated", subject: `key-encryption-key:${two.id}`, after: { envelopes: 2 } },
    ]);
    await storage.close();
  });
});
