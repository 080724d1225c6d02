import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { placeFile } from "./place-file.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "biped-place-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const day = () => join(root, "sessions", "project_id=42", "day=2026-11-03");
const place = async (text: string, inputId: string, rowCount: number) => {
  writeFileSync(join(root, "work"), text);
  return placeFile(join(root, "work"), day(), { inputId, rowCount });
};
const read = () =>
  Object.fromEntries(readdirSync(day()).map((name) => [name, readFileSync(join(day(), name), "utf8")]));

test("files of several inputs stand side by side; the directories are made", async () => {
  expect(await place("one", "aaaa", 3)).toBe("placed");
  expect(await place("two", "bbbb", 3)).toBe("placed");
  expect(read()).toEqual({ "aaaa-3.parquet": "one", "bbbb-3.parquet": "two" });
});

test("the same rows of the same input change nothing", async () => {
  await place("one", "aaaa", 3);
  expect(await place("again", "aaaa", 3)).toBe("unchanged");
  expect(read()).toEqual({ "aaaa-3.parquet": "one" });
});

test("other rows of the same input, of which some lay in the future before, take the place of the former ones", async () => {
  await place("one", "aaaa", 3);
  expect(await place("more", "aaaa", 4)).toBe("placed");
  expect(read()).toEqual({ "aaaa-4.parquet": "more" });
});

test("killed between its two renames, the day has the new rows under the former name, and the next time the right one", async () => {
  mkdirSync(day(), { recursive: true });
  writeFileSync(join(day(), "aaaa-3.parquet"), "more");
  expect(await place("more", "aaaa", 4)).toBe("placed");
  expect(read()).toEqual({ "aaaa-4.parquet": "more" });
});
