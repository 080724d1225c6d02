import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { readBytes } from "./read-bytes.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-read-bytes-"));
const file = join(directory, "file");
const size = 4_000_000;
writeFileSync(file, Buffer.alloc(size, "x"));

afterEach(() => vi.useRealTimers());
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the bytes from the first to the last, and the handle is closed after them", async () => {
  const handle = await open(file);
  expect((await buffer(readBytes(handle, { first: 10, last: size - 11 }))).length).toBe(size - 20);
  await expect.poll(() => handle.fd).toBe(-1);
});

test("whoever takes nothing for five minutes is cut off, and not before", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const stream = readBytes(await open(file), { first: 0, last: size - 1 });
  await new Promise((resolve) => stream.once("readable", resolve));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(stream.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(299_999);
  expect(stream.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(stream.destroyed).toBe(true);
});
