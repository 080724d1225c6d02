import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createSecret, isSecret, secretPattern } from "./secret-format.ts";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The checksum said a second time, from the CRC-32 of zlib. */
function checksumOf(text: string): string {
  let rest = BigInt(crc32(text));
  let digits = "";
  for (; rest > 0n; rest /= 62n) digits = `${base62.charAt(Number(rest % 62n))}${digits}`;
  return digits.padStart(6, "0");
}

/** A source that gives these bytes over and over. */
function repeat(bytes: readonly number[]) {
  let given = 0;
  return (count: number) => Uint8Array.from({ length: count }, () => bytes[given++ % bytes.length] ?? 0);
}

const known = "biped_live_0000000000000000000000000000000000000000000";

describe("a new secret", () => {
  test("is the prefix, the environment, 43 characters of chance and the checksum of all before", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    expect(createSecret("live", repeat([0]))).toBe(`${known}${checksumOf(known)}`);
    const counted = `biped_test_${base62.slice(0, 43)}`;
    expect(createSecret("test", repeat(Array.from({ length: 62 }, (_, index) => index)))).toBe(
      `${counted}${checksumOf(counted)}`,
    );
  });

  test("skips the bytes from 248, which would favour the first eight characters", () => {
    const ones = `biped_live_${"1".repeat(43)}`;
    expect(createSecret("live", repeat([248, 255, 1, 251]))).toBe(`${ones}${checksumOf(ones)}`);
    const z = `biped_live_${"z".repeat(43)}`;
    expect(createSecret("live", repeat([247, 248]))).toBe(`${z}${checksumOf(z)}`);
  });

  test("gives each character the same four of the 248 bytes", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 248; byte += 1) {
      const character = createSecret("live", repeat([byte])).charAt(11);
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect([...counts.keys()].sort().join("")).toBe(base62);
    expect(new Set(counts.values())).toStrictEqual(new Set([4]));
  });

  test("asks again for chance when too many bytes were skipped", () => {
    const asked: number[] = [];
    createSecret("live", (count) => {
      asked.push(count);
      return new Uint8Array(count).fill(asked.length === 1 ? 255 : 7);
    });
    expect(asked).toStrictEqual([64, 64]);
  });

  test("has a leading zero in its checksum where the CRC-32 is small", () => {
    const isSmall = (body: string) => crc32(body) < 62 ** 5;
    const bodies = Array.from(
      { length: 62 ** 2 },
      (_, index) => `biped_live_${"0".repeat(41)}${base62.charAt(index % 62)}${base62.charAt(Math.floor(index / 62))}`,
    );
    const small = bodies.filter(isSmall);
    expect(small.length).toBeGreaterThan(0);
    for (const body of small) {
      expect(checksumOf(body).charAt(0)).toBe("0");
      expect(isSecret(`${body}${checksumOf(body)}`)).toBe(true);
    }
  });

  test("has characters of equal frequency at every place, by chi-square", () => {
    // Real chance: with 61 degrees of freedom one place passes 200 once in 10^15 runs, all 43 once in 10^14.
    const secrets = Array.from({ length: 20_000 }, () => createSecret("live", randomBytes).slice(11, 54));
    const places = Array.from({ length: 43 }, (_, place) => chiSquareOf(secrets.map((body) => body.charAt(place))));
    console.log(`chi-square of 20,000 secrets, worst of 43 places: ${Math.max(...places).toFixed(1)} (of 61)`);
    expect(Math.max(...places)).toBeLessThan(200);
  });

  test("is never made twice in 20,000", () => {
    expect(new Set(Array.from({ length: 20_000 }, () => createSecret("test", randomBytes))).size).toBe(20_000);
  });
});

describe("whether a text is a secret", () => {
  const secret = `${known}${checksumOf(known)}`;

  test("is told by form and checksum", () => {
    expect(isSecret(secret)).toBe(true);
    expect(isSecret(`biped_test_${secret.slice(11)}`)).toBe(false);
    expect(isSecret(secret.toUpperCase())).toBe(false);
    expect(isSecret(secret.slice(0, -1))).toBe(false);
    expect(isSecret(`${secret}0`)).toBe(false);
    expect(isSecret(` ${secret}`)).toBe(false);
    expect(isSecret(`${secret}\n`)).toBe(false);
    expect(isSecret(secret.replace("live", "prod"))).toBe(false);
    expect(isSecret("")).toBe(false);
  });

  test.each([
    ["one character of chance too many", `${known}0`],
    ["one too few", known.slice(0, -1)],
    ["a blank in front", ` ${known}`],
    ["another environment", known.replace("live", "prod")],
  ])("is denied with %s, though the checksum be right", (_, body) => {
    expect(isSecret(`${body}${checksumOf(body)}`)).toBe(false);
  });

  test("no other character at any place leaves it one", () => {
    const survivors: string[] = [];
    for (let place = 0; place < secret.length; place += 1) {
      for (const character of `${base62}_-+/=`) {
        if (character === secret.charAt(place)) continue;
        const changed = `${secret.slice(0, place)}${character}${secret.slice(place + 1)}`;
        if (isSecret(changed)) survivors.push(changed);
      }
    }
    expect(survivors).toStrictEqual([]);
  });

  test("two neighbours that changed places do not leave it one", () => {
    const random = createSecret("live", repeat(Array.from({ length: 61 }, (_, index) => index)));
    for (let place = 0; place < random.length - 1; place += 1) {
      const [first, second] = [random.charAt(place), random.charAt(place + 1)];
      if (first === second) continue;
      expect(isSecret(`${random.slice(0, place)}${second}${first}${random.slice(place + 2)}`)).toBe(false);
    }
  });
});

describe("the scanner", () => {
  test("finds every secret in a text, and nothing else", () => {
    const [first, second] = [createSecret("live", randomBytes), createSecret("test", randomBytes)];
    const text = `{"client_secret":"${first}"}\nBIPED_SECRET=${second};x=biped_live_short biped_prod_${"0".repeat(49)}`;
    expect(text.match(secretPattern)).toStrictEqual([first, second]);
    expect(text.replace(secretPattern, "[secret]")).not.toContain(first.slice(11, 54));
  });

  test("finds nothing in 8 MiB of random base64, base64url and hexadecimal", () => {
    for (const encoding of ["base64", "base64url", "hex"] as const) {
      const text = randomBytes(2 ** 21).toString(encoding);
      expect(text.match(secretPattern)).toBeNull();
    }
  });

  test("finds every kind", () => {
    for (const kind of ["live", "test", "admin", "setup", "invite", "session"] as const) {
      const secret = createSecret(kind, randomBytes);
      expect(`a ${secret} b`.match(secretPattern)).toEqual([secret]);
    }
  });

  test("what it finds by form alone is told from a secret by the checksum", () => {
    const noise = Array.from({ length: 20_000 }, () => `biped_live_${randomText(49)}`);
    expect(noise.join(" ").match(secretPattern)).toHaveLength(20_000);
    // One text of noise has the right checksum once in 2^32, all of them together once in 214,000 runs.
    expect(noise.filter((text) => isSecret(text)).length).toBeLessThanOrEqual(1);
  });
});

describe("the kinds of secrets (C-16)", () => {
  const kinds = ["live", "test", "admin", "setup", "invite", "session"] as const;

  test.each(kinds)("one of the kind %s is of no other", (kind) => {
    const secret = createSecret(kind, randomBytes);
    expect(secret).toMatch(new RegExp(`^biped_${kind}_[0-9A-Za-z]{49}$`));
    expect(kinds.filter((each) => isSecret(secret, each))).toEqual([kind]);
  });

  test("a client secret is one of either environment, and nothing else is", () => {
    expect(kinds.filter((kind) => isSecret(createSecret(kind, randomBytes)))).toEqual(["live", "test"]);
  });
});

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => base62.charAt(byte % 62)).join("");
}

function chiSquareOf(characters: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1);
  const expected = characters.length / base62.length;
  return [...base62].reduce((sum, each) => sum + ((counts.get(each) ?? 0) - expected) ** 2 / expected, 0);
}
