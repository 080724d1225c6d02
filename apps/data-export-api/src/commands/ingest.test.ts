import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { createEngine } from "../engine/engine.ts";
import { ingest, ingestUsage } from "./ingest.ts";

const engine = createEngine({ memoryBytes: 200_000_000, threads: 1 });
afterAll(() => engine.close());

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "biped-ingest-command-"));
  file = join(directory, "rows.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const run = async (argv: readonly string[], isTTY = false) => {
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written) => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const nowSeconds = () => Date.UTC(2026, 10, 7) / 1000;
  const root = join(directory, "data");
  const parts = { root, engine, nowSeconds, stdout: output("stdout"), stderr: output("stderr") };
  return { exitCode: await ingest(argv, parts), ...written };
};

const row = (day: number) => JSON.stringify({ session_id: day, user_id: 1, session_time: `2026-11-0${day}T08:30:00Z` });
const words = ["--project", "42", "--scope", "sessions"];

test("0: rows, days and covered days on stdout; a second time nothing changes, and it says so", async () => {
  writeFileSync(file, `${row(2)}\n${row(2)}\n`);
  const argv = [...words, "--covers", "2026-11-01..2026-11-02", file];
  expect(await run(argv)).toEqual({
    exitCode: 0,
    stdout: "Rows accepted: 2\nRows rejected: 0\nDays: 2\n  2026-11-01 0\n  2026-11-02 2\n",
    stderr: "",
  });
  expect((await run(argv)).stdout).toBe(
    "Rows accepted: 2\nRows rejected: 0\nDays: 2\n  2026-11-01 0, unchanged\n  2026-11-02 2, unchanged\n" +
      "Nothing changed: all of this was brought in before.\n",
  );
});

test("1: rejects, whose number and file it tells", async () => {
  writeFileSync(file, `${row(2)}\n{}\n`);
  expect(await run([...words, file])).toEqual({
    exitCode: 1,
    stdout: `Rows accepted: 1\nRows rejected: 1, see ${file}.rejects.jsonl\nDays: 1\n  2026-11-02 1\n`,
    stderr: "",
  });
  const rejects = join(directory, "rejects");
  expect((await run([...words, "--rejects", rejects, file])).stdout).toContain(`Rows rejected: 1, see ${rejects}\n`);
});

test("progress stands on stderr of a terminal only, and is wiped at the end", async () => {
  writeFileSync(file, `${row(2)}\n`.repeat(20_000));
  const { stdout, stderr } = await run([...words, file], true);
  expect(stderr.endsWith("\r\x1b[K")).toBe(true);
  expect(stderr.slice(0, -4)).toMatch(/^(?:\r\d\d,\d{3} rows checked)+$/);
  expect(stdout).toContain("Rows accepted: 20,000\n");
});

test.each([
  [[], "Name one FILE."],
  [["a", "b"], "Name one FILE."],
  [["a"], "--project must be the id of a project."],
  [["--project", "1e3", "a"], "--project must be the id of a project."],
  [["--project", "0", "a"], "--project must be the id of a project."],
  [["--project", "42", "a"], "--scope must be one of sessions, views."],
  [["--project", "42", "--scope", "errors", "a"], "--scope must be one of sessions, views."],
  ...[
    "2026-11-01",
    "2026-11-02..2026-11-01",
    "2026-02-30..2026-03-01",
    "2026-01-01..2027-01-02",
    "a..b",
    "..",
    "2026-11-01..2026-11-02..2026-11-03",
  ].map(
    (days) =>
      [
        [...words, "--covers", days, "a"],
        "--covers must be FIRST..LAST, at most 366 days such as 2026-11-01..2026-11-07.",
      ] as const,
  ),
] as const)("2: %j: %s", async (argv, mistake) => {
  expect(await run(argv)).toEqual({ exitCode: 2, stdout: "", stderr: `${mistake}\n\n${ingestUsage}` });
});

test("2: an unknown option", async () => {
  const { exitCode, stderr } = await run([...words, "--force", "a"]);
  expect([exitCode, stderr.includes("'--force'"), stderr.endsWith(ingestUsage)]).toEqual([2, true, true]);
});

test("what cannot be read is thrown, in a line for people: no file, a directory, half a Parquet file", async () => {
  await expect(run([...words, file])).rejects.toThrow(/ENOENT/);
  await expect(run([...words, directory])).rejects.toThrow(/EISDIR/);
  writeFileSync(file, "PAR1 and nothing more");
  await expect(run([...words, file])).rejects.toThrow(
    new Error("Nothing was brought in: The data file cannot be read."),
  );
});
