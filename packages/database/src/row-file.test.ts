import { existsSync, statSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRowFile } from "./open-row-file.ts";
import { StoreUnavailable } from "./store-unavailable.ts";

const content = (text: string): Uint8Array => Buffer.from(text);

async function createPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "biped-rows-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, "data", "rows.db");
}

test("contents are found by their id, replaced and removed, in a file that its owner alone may read", async () => {
  const path = await createPath();
  const file = await openRowFile(path);
  const find = (...ids: readonly string[]) => ids.map((id) => file.find(id) && Buffer.from(file.find(id)!).toString());
  file.put(new Map(Object.entries({ a: content("1"), b: content("") })));
  expect([find("a", "b", "c"), statSync(path).mode & 0o777]).toEqual([["1", "", undefined], 0o600]);
  file.put(new Map([["a", content("2")]]));
  file.remove("b");
  expect(find("a", "b")).toEqual(["2", undefined]);
  file.clear();
  file.put(new Map([["c", content("3")]]));
  expect([find("a", "c"), statSync(path).mode & 0o777]).toEqual([[undefined, "3"], 0o600]);
  file.close();
  expect(existsSync(path)).toBe(false);
});

test("what another process has left there gives way", async () => {
  const path = await createPath();
  (await openRowFile(path)).close();
  await writeFile(path, "left by a process that was killed", { mode: 0o644 });
  const file = await openRowFile(path);
  expect([file.find("a"), statSync(path).mode & 0o777]).toEqual([undefined, 0o600]);
  file.close();
});

test("a file that was damaged throws StoreUnavailable, and is in order once it is cleared", async () => {
  const path = await createPath();
  const file = await openRowFile(path);
  file.put(new Map(Array.from({ length: 20_000 }, (_, index) => [String(index), Buffer.alloc(400, index)])));
  const handle = await open(path, "r+");
  await handle.write(Buffer.alloc(2_000_000, 0xff), 0, 2_000_000, 0);
  await handle.close();
  expect(() => Array.from({ length: 20_000 }, (_, index) => file.find(String(index)))).toThrow(StoreUnavailable);
  file.clear();
  file.put(new Map([["a", content("1")]]));
  expect(file.find("a")).toEqual(content("1"));
  file.close();
});
