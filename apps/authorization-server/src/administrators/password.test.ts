import { argon2Sync, createHmac, randomBytes } from "node:crypto";
import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { openPeppers } from "../credentials/secret-digest.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import type { Pepper } from "../storage/storage.ts";
import { createPasswords, createTurns, hashPassword, openPasswords } from "./password.ts";

const pepper = { id: "a1", key: randomBytes(32) };
const passwords = createPasswords([pepper], randomBytes);
const text = "a quiet walk along the harbour";

async function hashOf(password: string): Promise<string> {
  const hash = await passwords.hash(password);
  if (isRefusal(hash)) throw new Error(hash.description);
  return hash;
}

/** A hash without pepper, by argon2 itself, with today's parameters but for these. */
function weaken(parameters: { memory?: number; passes?: number; parallelism?: number }): string {
  const { memory = 19_456, passes = 2, parallelism = 1 } = parameters;
  const nonce = Buffer.from("c29tZXNhbHRzb21lc2FsdA", "base64");
  const tag = argon2Sync("argon2id", { message: text, nonce, memory, passes, parallelism, tagLength: 32 });
  const encoded = tag.toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$c29tZXNhbHRzb21lc2FsdA$${encoded}`;
}

describe("R-31: argon2id", () => {
  test("19 MiB, two passes, one lane, a salt of 16 bytes, and the pepper's id", async () => {
    const hash = await hashOf(text);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=a1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hashOf(text)).not.toBe(hash);
  });

  test("the password that was hashed is right, any other is wrong", async () => {
    const hash = await hashOf(text);
    expect(await passwords.verify(hash, text)).toBe("right");
    for (const other of [`${text} `, text.toUpperCase(), "", text.slice(1)]) {
      expect(await passwords.verify(hash, other)).toBe("wrong");
    }
  });

  test("NFKC: one password from every keyboard, in any script", async () => {
    const hash = await hashOf("Ａ fine café über 東京 🦊");
    expect(await passwords.verify(hash, "A fine cafe\u0301 u\u0308ber 東京 🦊")).toBe("right");
  });

  test("nothing is cut: passwords that differ in their last character are different", async () => {
    const long = "x".repeat(1023);
    const hash = await hashOf(`${long}a`);
    expect([await passwords.verify(hash, `${long}a`), await passwords.verify(hash, `${long}b`)]).toEqual([
      "right",
      "wrong",
    ]);
  });

  test.each([
    undefined,
    "",
    "nonsense",
    "$argon2id$v=19$m=19456,t=2,p=1,keyid=ff$AAAA$AAAA",
    "$2b$12$abcdefghijklmnop",
  ])("wrong, after the same work: against %j", async (hash) => {
    expect(await passwords.verify(hash, text)).toBe("wrong");
  });

  test("a hash of another pepper is right and weaker; without that pepper it is wrong", async () => {
    const hash = await hashOf(text);
    const rotated = createPasswords([pepper, { id: "b2", key: randomBytes(32) }], randomBytes);
    expect(await rotated.verify(hash, text)).toBe("right, weaker");
    expect(await createPasswords([{ ...pepper, key: randomBytes(32) }], randomBytes).verify(hash, text)).toBe("wrong");
    expect(await createPasswords([], randomBytes).verify(hash, text)).toBe("wrong");
  });

  test("a hash without pepper, or of fewer passes, is right and weaker", async () => {
    expect(await passwords.verify(await hashPassword(text, randomBytes), text)).toBe("right, weaker");
    const hash = weaken({ memory: 1024, passes: 1 });
    expect([await passwords.verify(hash, text), await passwords.verify(hash, "other")]).toEqual([
      "right, weaker",
      "wrong",
    ]);
  });

  test.each([
    ["right", {}],
    ["right", { memory: 19_457 }],
    ["right", { passes: 10 }],
    ["right", { parallelism: 16 }],
    ["right, weaker", { memory: 19_455 }],
    ["right, weaker", { passes: 1 }],
  ])("%s: hashed with %j where today's has no pepper", async (verdict, parameters) => {
    expect(await createPasswords([], randomBytes).verify(weaken(parameters), text)).toBe(verdict);
  });

  test("wrong: a hash with anything before or behind it", async () => {
    const hash = await hashPassword(text, randomBytes);
    for (const other of [`x${hash}`, `${hash}$`]) expect(await passwords.verify(other, text)).toBe("wrong");
  });

  test("passwords are keyed with a key that is derived from the store's pepper", async () => {
    const stored: Pepper[] = [];
    const storage = {
      listPeppers: async () => stored,
      addFirstPepper: async (added: Pepper) => stored.push(added) === 1,
    };
    const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
    const author = { at: 1_800_000_000, actor: "system", requestId: undefined };
    const parts = { storage, kek, randomBytes, author };
    const opened = await openPasswords(parts);
    const [own] = await openPeppers(parts);
    const key = createHmac("sha256", own!.bytes).update("biped password pepper").digest();
    const hash = await hashPassword(text, randomBytes, { id: own!.id, key });
    expect(await opened.verify(hash, text)).toBe("right");
  });
});

describe("two at a time", () => {
  test("two run, so many wait in their order, one more is refused with 503", async () => {
    const takeTurn = createTurns(2, 3);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const run = (at: number) =>
      takeTurn(() => {
        started.push(at);
        return new Promise<number>((resolve) => ends.push(() => resolve(at)));
      });
    const running = [0, 1, 2, 3, 4].map(run);
    expect(started).toEqual([0, 1]);
    const refused = await run(5);
    expect(refused).toMatchObject({ status: 503, code: "TEMPORARILY_UNAVAILABLE", headers: { "retry-after": "2" } });
    expect(refused).toMatchObject({
      description: "Too many people sign in at once; try again.",
      reason: "password queue full",
    });
    for (let at = 0; at < 5; at += 1) {
      ends[at]?.();
      await running[at];
      await Promise.resolve();
    }
    expect(started).toEqual([0, 1, 2, 3, 4]);
    expect(await Promise.all(running)).toEqual([0, 1, 2, 3, 4]);
  });

  test("one that throws gives its place to the next", async () => {
    const takeTurn = createTurns(1, 5);
    const broken = takeTurn(async () => {
      throw new Error("no");
    });
    const next = takeTurn(async () => "next");
    await expect(broken).rejects.toThrow("no");
    expect(await next).toBe("next");
    expect(await takeTurn(async () => "later")).toBe("later");
  });

  test("40 passwords at once: 34 are verified, six are refused", async () => {
    const own = createPasswords([], randomBytes);
    const hash = await hashPassword(text, randomBytes);
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => own.verify(hash, text)));
    expect(outcomes.filter((outcome) => outcome === "right")).toHaveLength(34);
    expect(outcomes.filter(isRefusal)).toHaveLength(6);
  });
});
