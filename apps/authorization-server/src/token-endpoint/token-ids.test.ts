import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createTokenIds } from "./token-ids.ts";

test("100,000 token ids are 100,000 different ones of 128 bits", () => {
  const nextId = createTokenIds(randomBytes);
  const ids = Array.from({ length: 100_000 }, nextId);
  expect(new Set(ids).size).toBe(100_000);
  expect(ids.every((id) => /^[\w-]{21}[AQgw]$/.test(id))).toBe(true);
});

test("each id is the next 16 bytes of the source, and the source is asked once for 256 of them", () => {
  const asked: number[] = [];
  const nextId = createTokenIds((count) => {
    asked.push(count);
    return Uint8Array.from({ length: count }, (_, at) => at % 251);
  });
  const expected = (at: number): string =>
    Buffer.from(Array.from({ length: 16 }, (_, byte) => (at * 16 + byte) % 251)).toString("base64url");
  expect(Array.from({ length: 256 }, nextId)).toEqual(Array.from({ length: 256 }, (_, at) => expected(at)));
  expect(asked).toEqual([4096]);
  expect(nextId()).toBe(expected(0));
  expect(asked).toEqual([4096, 4096]);
});
