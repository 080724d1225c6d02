import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Line, readLines } from "./read-lines.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-lines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const read = async (bytes: string | Uint8Array): Promise<readonly Line[]> => {
  const file = join(directory, "lines");
  writeFileSync(file, bytes);
  return (await Array.fromAsync(readLines(file))).flat();
};

const mebibyte = 1024 * 1024;

test("lines end in LF, CRLF or the end of the file; a BOM is no part of the first one", async () => {
  expect(await read("\uFEFFone\r\n\ntwo\uFEFF\nthree")).toEqual([
    { number: 1, text: "one\r" },
    { number: 2, text: "" },
    { number: 3, text: "two\uFEFF" },
    { number: 4, text: "three" },
  ]);
  expect(await read("")).toEqual([]);
  expect(await read("\n")).toEqual([{ number: 1, text: "" }]);
});

test("a line of 1 MiB is read, a longer one only begun, and the next ones are not lost", async () => {
  const whole = "x".repeat(mebibyte);
  const lines = await read(`${whole}\n${whole}y\nafter\n${"z".repeat(5 * mebibyte)}`);
  expect(lines).toEqual([
    { number: 1, text: whole },
    { number: 2, text: "x".repeat(1000), defect: "longer than 1 MiB" },
    { number: 3, text: "after" },
    { number: 4, text: "z".repeat(1000), defect: "longer than 1 MiB" },
  ]);
});

test("bytes that are no UTF-8 spoil their own line only", async () => {
  const bytes = Buffer.concat([Buffer.from("caf"), Buffer.from([0xe9, 0x0a]), Buffer.from("café\n")]);
  expect(await read(bytes)).toEqual([
    { number: 1, text: "caf\uFFFD", defect: "not valid UTF-8" },
    { number: 2, text: "café" },
  ]);
});

test("characters and lines across the borders of what is read at once", async () => {
  const texts = Array.from({ length: 4_000 }, (_, index) => "é𝄞x".repeat(index % 97));
  expect((await read(texts.join("\n"))).map(({ text }) => text)).toEqual(texts.slice(0, -1).concat(texts.at(-1) ?? []));
});
