import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSeed } from "./seed.ts";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "biped-seed-")), "seed.json");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

const bytes = () => Uint8Array.of(0, 0, 1, 2);

test("a new seed is drawn once and kept", () => {
  expect(openSeed(path, undefined, bytes)).toBe(258);
  expect(openSeed(path, undefined, () => Uint8Array.of(255, 255, 255, 255))).toBe(258);
  expect(readFileSync(path, "utf8")).toBe('{"seed":258}');
});

test("a drawn seed has at most nine digits", () => {
  expect(openSeed(path, undefined, () => Uint8Array.of(255, 255, 255, 255))).toBe(294_967_295);
});

test("a configured seed goes before the kept one, and is kept in its place", () => {
  openSeed(path, undefined, bytes);
  expect(openSeed(path, 0, bytes)).toBe(0);
  expect(openSeed(path, undefined, bytes)).toBe(0);
});

test("what is no seed is refused by the file's name", () => {
  writeFileSync(path, '{"seed":-1}');
  expect(() => openSeed(path, undefined, bytes)).toThrow(`${path} does not hold a seed; delete it for a new one.`);
});
