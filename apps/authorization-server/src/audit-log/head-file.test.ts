import { appendFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHeadFile } from "./head-file.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-heads-"));
  path = join(directory, "data", "audit-heads.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

test("no file has no lines, and nothing makes it before the first line", async () => {
  expect(await createHeadFile(path).readLines()).toEqual([]);
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("lines are appended, in a file that its owner alone may read", async () => {
  const file = createHeadFile(path);
  await file.append("one");
  await createHeadFile(path).append("two");
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  expect(await file.readLines()).toEqual(["one", "two"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a line that a power cut has torn off does not swallow the next one", async () => {
  const file = createHeadFile(path);
  await file.append("one");
  await appendFile(path, "to");
  await file.append("three");
  expect(await file.readLines()).toEqual(["one", "to", "three"]);
});

test("lines are replaced all at once, also where a former attempt left its part", async () => {
  const file = createHeadFile(path);
  await file.append("one");
  await appendFile(`${path}.part`, "half");
  await file.replaceLines(["two", "three"]);
  expect(await readFile(path, "utf8")).toBe("two\nthree\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(stat(`${path}.part`)).rejects.toMatchObject({ code: "ENOENT" });
});
