import { randomBytes } from "node:crypto";
import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { createPasswords, createTurns, hashPassword } from "./password.ts";

const pepper = { id: "a1", key: randomBytes(32) };
const passwords = createPasswords([pepper], randomBytes);
const text = "a quiet walk along the harbour";

async function hashOf(password: string): Promise<string> {
  const hash = await passwords.hash(password);
  if (isRefusal(hash)) throw new Error(hash.description);
  return hash;
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
    const weak = "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
    const { argon2Sync } = await import("node:crypto");
    const nonce = Buffer.from("c29tZXNhbHRzb21lc2FsdA", "base64");
    const tag = argon2Sync("argon2id", {
      message: text,
      nonce,
      memory: 1024,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    });
    const hash = weak + tag.toString("base64").replaceAll("=", "");
    expect([await passwords.verify(hash, text), await passwords.verify(hash, "other")]).toEqual([
      "right, weaker",
      "wrong",
    ]);
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
