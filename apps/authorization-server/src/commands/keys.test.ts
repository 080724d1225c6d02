import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, readSettings } from "@biped/listener";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createConfig, serverSettings } from "../index.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import type { ServerParts } from "../start.ts";
import { createKey, listKeys, rotateKeys } from "./keys.ts";

const now = 1_800_000_000;
const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));

describe("the keys of a store", () => {
  let directory: string;
  const config = () =>
    createConfig(readSettings(serverSettings, { BIPED_DATA_DIR: directory, BIPED_SIGNING_ALG: "Ed25519" }));
  const createParts = (changes: Partial<ServerParts> = {}): ServerParts => ({
    kek,
    log: createLog("silent", () => {}),
    nowSeconds: () => now,
    monotonicSeconds: () => 0,
    randomBytes,
    secretEnvironment: "test",
    adminRoutes: {},
    ...changes,
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "biped-keys-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const statesOf = ({ keys }: Awaited<ReturnType<typeof listKeys>>) => keys.map(({ state }) => state);

  test("rotate makes the first one, which signs at once, then the next one, which signs in ten minutes", async () => {
    expect(statesOf(await listKeys(config()))).toEqual([]);
    const first = await rotateKeys(config(), createParts());
    expect([statesOf(first), first.signsAfter]).toEqual([["active"], "2027-01-15T08:00:00.000Z"]);
    const second = await rotateKeys(config(), createParts({ nowSeconds: () => now + 60 }));
    expect([statesOf(second), second.signsAfter]).toEqual([["active", "next"], "2027-01-15T08:11:00.000Z"]);
    expect(second.keys[1]).toEqual({
      kid: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      algorithm: "Ed25519",
      state: "next",
      createdAt: "2027-01-15T08:01:00.000Z",
      stateSince: "2027-01-15T08:01:00.000Z",
    });
  });

  test("rotate refuses while a rotation is under way", async () => {
    await rotateKeys(config(), createParts());
    await rotateKeys(config(), createParts());
    await expect(rotateKeys(config(), createParts())).rejects.toThrow(
      new Error("A rotation is under way already: there is a next key."),
    );
    expect(statesOf(await listKeys(config())).sort()).toEqual(["active", "next"]);
  });

  test("K-02: rotate with a wrong key-encryption key names the kid and adds nothing: no server could open it", async () => {
    const [first] = (await rotateKeys(config(), createParts())).keys;
    const wrong = createKeyEncryptionKey(Buffer.alloc(32, 8));
    await expect(rotateKeys(config(), createParts({ kek: wrong }))).rejects.toThrow(
      `Signing key ${first?.kid} cannot be opened: sealed with another key-encryption key`,
    );
    expect(statesOf(await listKeys(config()))).toEqual(["active"]);
  });

  test("create-kek writes a file once", () => {
    const file = join(directory, "kek");
    expect(createKey(file, randomBytes)).toEqual({ file });
    expect(() => createKey(file, randomBytes)).toThrow(new Error(`${file} exists already; a key is never overwritten`));
  });
});
