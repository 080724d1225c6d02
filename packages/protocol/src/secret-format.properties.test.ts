import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createSecret, isSecret, secretPattern } from "./secret-format.ts";

/** A source of bytes that is the same for the same number (mulberry32). */
function createSource(number: number) {
  let state = number;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
  return (count: number) => Uint8Array.from({ length: count }, next);
}

const environment = fc.constantFrom("live", "test");
const number = fc.integer();
const base62 = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

testProperty(
  "a created secret has the form, is a secret and is found in any text",
  40_000,
  fc.property(environment, number, fc.string({ maxLength: 8 }), (where, seed, round) => {
    const secret = createSecret(where, createSource(seed));
    expect(secret).toMatch(/^biped_(live|test)_[0-9A-Za-z]{49}$/);
    expect(isSecret(secret)).toBe(true);
    expect(`${round} ${secret}"${round}`.match(secretPattern)).toStrictEqual([secret]);
    expect(encodeURIComponent(secret)).toBe(secret);
    expect(JSON.stringify(secret)).toBe(`"${secret}"`);
  }),
);

testProperty(
  "a secret with one character changed, dropped, doubled or moved is none",
  40_000,
  fc.property(number, fc.nat(59), fc.constantFrom(...base62), (seed, place, character) => {
    const secret = createSecret("live", createSource(seed));
    const [before, after] = [secret.slice(0, place), secret.slice(place + 1)];
    const changes = [
      `${before}${character}${after}`,
      `${before}${after}`,
      `${before}${character}${secret.slice(place)}`,
    ];
    if (place < 59) changes.push(`${before}${after.charAt(0)}${secret.charAt(place)}${after.slice(1)}`);
    for (const changed of changes) expect(isSecret(changed)).toBe(changed === secret);
  }),
);

testProperty(
  "no text without the form is a secret",
  30_000,
  fc.property(
    fc.array(fc.oneof(fc.constantFrom("biped_", "live_", "test_", "0".repeat(43)), fc.string({ maxLength: 3 }))),
    (parts) => {
      const text = parts.join("");
      if (isSecret(text)) expect(text).toMatch(/^biped_(live|test)_[0-9A-Za-z]{49}$/);
      expect(typeof isSecret(text)).toBe("boolean");
    },
  ),
);
