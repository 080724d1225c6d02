import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLogOutput } from "./log-output.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-log-"));
});
afterEach(() => rm(directory, { recursive: true }));

function createPipe(): string {
  const path = join(directory, "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

const openReader = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
const line = (number: number): string => `${JSON.stringify({ number, filling: "x".repeat(1000) })}\n`;

/** Reads until so many lines have come, or for ten seconds. */
async function readLines(reader: number, isEnough: (lines: readonly string[]) => boolean) {
  const chunk = Buffer.alloc(1 << 20);
  const deadline = performance.now() + 10_000;
  let text = "";
  for (let lines: string[] = []; !isEnough(lines) && performance.now() < deadline; lines = text.split("\n")) {
    try {
      text += chunk.toString("utf8", 0, readSync(reader, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
    await sleep(1);
  }
  return text
    .split("\n")
    .filter((found) => found !== "")
    .map((found): { readonly number?: number; readonly msg?: string; readonly count?: number } => JSON.parse(found));
}

const countMissing = (lines: Awaited<ReturnType<typeof readLines>>): number =>
  lines.reduce((sum, { count }) => sum + (count ?? 0), 0);
const isMarked = (lines: readonly string[]): boolean => lines.some((found) => found.includes("log lines were lost"));

describe("F-06: a pipe", () => {
  test("that nobody reads loses lines, and the one in their place tells exactly how many", async () => {
    const path = createPipe();
    const reader = openReader(path);
    const writer = openSync(path, "w");
    const output = openLogOutput(writer);
    const startedAt = performance.now();
    for (let number = 0; number < 10_000; number += 1) output.write(line(number));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(output.lostLines()).toBeGreaterThan(5_000);

    const lines = await readLines(reader, isMarked);
    const numbers = lines.flatMap(({ number }) => number ?? []);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index));
    expect(lines.at(-1)).toMatchObject({ level: "warn", msg: "log lines were lost", count: output.lostLines() });
    expect(numbers.length + output.lostLines()).toBe(10_000);

    output.write(line(10_000));
    const after = await readLines(reader, (found) => found.length > 1);
    expect(after.map(({ number }) => number)).toEqual([10_000]);
    closeSync(reader);
    closeSync(writer);
  });

  test("whose reader went away (EPIPE) gives the next one every line, and the number of those that had no room", async () => {
    const path = createPipe();
    const first = openReader(path);
    const writer = openSync(path, "w");
    const output = openLogOutput(writer);
    output.write(line(0));
    await readLines(first, (found) => found.length > 1);
    closeSync(first);
    for (let number = 1; number < 8_000; number += 1) output.write(line(number));
    await sleep(250);
    const second = openReader(path);
    const lines = await readLines(second, isMarked);
    expect(lines[0]?.number).toBe(1);
    expect(countMissing(lines)).toBe(output.lostLines());
    expect(lines.filter(({ number }) => number !== undefined).length + output.lostLines()).toBe(7_999);
    closeSync(second);
    closeSync(writer);
  });

  test("that is read while lines come faster than that: lines and markers together are all that was written", async () => {
    const path = createPipe();
    const reader = openReader(path);
    const writer = openSync(path, "w");
    const output = openLogOutput(writer);
    const reading = readLines(reader, (found) => found.at(-2)?.includes('"number":15000') === true);
    for (let number = 0; number < 15_000; number += 1) {
      output.write(line(number));
      if (number % 1_000 === 0) await sleep(1);
    }
    await sleep(500);
    output.write(line(15_000));
    const lines = await reading;
    expect(lines.filter(({ number }) => number !== undefined).length + countMissing(lines)).toBe(15_001);
    closeSync(reader);
    closeSync(writer);
  });
});

test("a file gets every line, a small one within a moment, and what is held at the end", async () => {
  const path = join(directory, "log");
  const file = openSync(path, "a");
  const output = openLogOutput(file);
  output.write("one\n");
  const deadline = performance.now() + 5_000;
  while ((await readFile(path, "utf8")) === "" && performance.now() < deadline) await sleep(10);
  for (let number = 0; number < 100; number += 1) output.write("two\n");
  output.flush();
  expect(await readFile(path, "utf8")).toBe(`one\n${"two\n".repeat(100)}`);
  expect(output.lostLines()).toBe(0);
  closeSync(file);
});
