import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createKeyEncryptionKey, seal } from "../signing/envelope.ts";
import type { Pepper, Secret } from "../storage/storage.ts";
import { matchesDigest, openSecretDigester, rewrapPepper } from "./secret-digest.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const author = { at: 1_800_000_000, actor: "system", requestId: undefined };
const secret = "biped_test_a-secret";

function createPepperStorage(peppers: Pepper[] = []) {
  return {
    peppers,
    listPeppers: async () => [...peppers],
    addFirstPepper: async (pepper: Pepper) => {
      if (peppers.length > 0) return false;
      peppers.push(pepper);
      return true;
    },
  };
}

const sealPepper = (id: string, bytes: Buffer, createdAt: number): Pepper => ({
  id,
  sealed: seal(bytes, { use: "pepper", id }, kek),
  createdAt,
});

const open = (storage: ReturnType<typeof createPepperStorage>, key = kek) =>
  openSecretDigester({ storage, kek: key, randomBytes, author });

const store = (stored: Pick<Secret, "digest" | "pepperId">): Secret => ({
  id: "s1",
  createdAt: 0,
  expiresAt: undefined,
  lastUsedAt: undefined,
  lastUsedSource: undefined,
  ...stored,
});

describe("the pepper", () => {
  test("is made at the first start and opened at the second: a digest stays the same", async () => {
    const storage = createPepperStorage();
    const first = (await open(storage)).digestForStorage(secret);
    expect(storage.peppers).toHaveLength(1);
    expect(storage.peppers[0]).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{16}$/), createdAt: author.at });
    expect((await open(storage)).digestForStorage(secret)).toEqual(first);
    expect(storage.peppers).toHaveLength(1);
  });

  test("is not drawn again where there is one", async () => {
    const storage = createPepperStorage([sealPepper("a", Buffer.alloc(32, 1), 0)]);
    const drawNothing = (): Uint8Array => {
      throw new Error("Something was drawn.");
    };
    await openSecretDigester({ storage, kek, randomBytes: drawNothing, author });
    expect(storage.peppers.map(({ id }) => id)).toEqual(["a"]);
  });

  test("is missing in a store that keeps none: it does not open", async () => {
    const storage = { listPeppers: async () => [], addFirstPepper: async () => false };
    await expect(openSecretDigester({ storage, kek, randomBytes, author })).rejects.toThrow("There is no pepper.");
  });

  test("is wrapped with another key-encryption key, once, and stays the same", async () => {
    const pepper = sealPepper("a", Buffer.alloc(32, 1), 0);
    const next = { ...createKeyEncryptionKey(Buffer.alloc(32, 8)), former: kek };
    const sealed = rewrapPepper(pepper, next);
    if (sealed === undefined) throw new Error("It was not wrapped anew.");
    const [before, after] = [createPepperStorage([pepper]), createPepperStorage([{ ...pepper, sealed }])];
    expect((await open(after, createKeyEncryptionKey(Buffer.alloc(32, 8)))).digestForStorage(secret)).toEqual(
      (await open(before)).digestForStorage(secret),
    );
    expect(rewrapPepper({ ...pepper, sealed }, next)).toBeUndefined();
    expect(() => rewrapPepper({ ...pepper, id: "b" }, next)).toThrow(
      "Pepper b cannot be opened: the envelope is damaged.",
    );
  });

  test("of whichever node was first is used by both", async () => {
    const storage = createPepperStorage();
    const [one, other] = await Promise.all([open(storage), open(storage)]);
    expect(storage.peppers).toHaveLength(1);
    expect(one?.digestForStorage(secret)).toEqual(other?.digestForStorage(secret));
  });

  test("K-02: sealed with another key-encryption key: named, and never replaced", async () => {
    const storage = createPepperStorage();
    await open(storage);
    const wrong = createKeyEncryptionKey(Buffer.alloc(32, 8));
    await expect(open(storage, wrong)).rejects.toThrow(
      `Pepper ${storage.peppers[0]?.id} cannot be opened: sealed with another key-encryption key (${kek.id}, not ${wrong.id}).`,
    );
    expect(storage.peppers).toHaveLength(1);
  });

  test("K-03: put under another id does not open", async () => {
    const storage = createPepperStorage([{ ...sealPepper("a", Buffer.alloc(32, 1), 0), id: "b" }]);
    const opening = open(storage);
    await expect(opening).rejects.toThrow("Pepper b cannot be opened: the envelope is damaged.");
    await expect(opening).rejects.toHaveProperty("cause.message", "the envelope is damaged");
  });
});

describe("R-02: a digest", () => {
  const pepper = Buffer.alloc(32, 1);
  const later = Buffer.alloc(32, 2);
  const storage = createPepperStorage([sealPepper("old", pepper, 1), sealPepper("new", later, 2)]);
  const hmac = (key: Buffer): string => createHmac("sha256", key).update(secret).digest("hex");

  test("is HMAC-SHA-256 under the newest pepper for what is stored", async () => {
    expect((await open(storage)).digestForStorage(secret)).toEqual({ digest: hmac(later), pepperId: "new" });
  });

  test("is made under each pepper for what is presented, so that secrets of both are good", async () => {
    const presented = (await open(storage)).digest(secret);
    expect([...presented].map(([id, digest]) => [id, digest.toString("hex")])).toEqual([
      ["old", hmac(pepper)],
      ["new", hmac(later)],
    ]);
    expect(matchesDigest(presented, store({ digest: hmac(pepper), pepperId: "old" }))).toBe(true);
    expect(matchesDigest(presented, store({ digest: hmac(later), pepperId: "new" }))).toBe(true);
  });

  test("matches under its own pepper alone", async () => {
    const presented = (await open(storage)).digest(secret);
    expect(matchesDigest(presented, store({ digest: hmac(pepper), pepperId: "new" }))).toBe(false);
    expect(matchesDigest(presented, store({ digest: hmac(later), pepperId: "unknown" }))).toBe(false);
  });

  test("matches nothing where there is none, where it is damaged, and with no pepper at all", async () => {
    const digester = await open(storage);
    const presented = digester.digest(secret);
    const stored = digester.digestForStorage(secret);
    expect(matchesDigest(presented, undefined)).toBe(false);
    for (const digest of ["", "00", `${stored.digest}00`, stored.digest.slice(2), "g".repeat(64), "0".repeat(64)]) {
      expect(matchesDigest(presented, store({ ...stored, digest }))).toBe(false);
    }
    expect(matchesDigest(new Map(), store({ digest: "0".repeat(64), pepperId: "new" }))).toBe(false);
    expect(matchesDigest(new Map(), undefined)).toBe(false);
  });

  test("is another one for any other secret", async () => {
    const digester = await open(storage);
    const stored = store(digester.digestForStorage(secret));
    for (const other of ["", `${secret} `, secret.slice(1), secret.toUpperCase(), `${secret}\0`]) {
      expect(matchesDigest(digester.digest(other), stored)).toBe(false);
    }
  });
});
