import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataUnavailable } from "./data-source.ts";
import { createDirectorySource } from "./directory-source.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "biped-data-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string): string => {
  const file = join(root, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  return file;
};

const find = (from: number, to: number) =>
  createDirectorySource(root).find({ projectId: 42, scope: "sessions", period: { from, to } });

const third = Date.UTC(2026, 10, 3);
const day = 86_400_000;

test("files of the days of the period, by day and name, of this project and scope alone", async () => {
  const c = put("sessions/project_id=42/day=2026-11-04/a.parquet");
  const b = put("sessions/project_id=42/day=2026-11-03/b.parquet");
  const a = put("sessions/project_id=42/day=2026-11-03/a.parquet");
  put("sessions/project_id=42/day=2026-11-02/a.parquet");
  put("sessions/project_id=42/day=2026-11-05/a.parquet");
  put("sessions/project_id=4/day=2026-11-03/a.parquet");
  put("views/project_id=42/day=2026-11-03/a.parquet");
  expect(await find(third, third + 2 * day)).toEqual({ files: [a, b, c], missingDays: [] });
});

test("a day of which the period holds a millisecond belongs to it, the one at whose beginning it ends does not", async () => {
  const files = ["2026-11-02", "2026-11-03", "2026-11-04"].map((name) =>
    put(`sessions/project_id=42/day=${name}/a.parquet`),
  );
  expect(await find(third - 1, third + 1)).toEqual({ files: files.slice(0, 2), missingDays: [] });
  expect(await find(third, third + day)).toEqual({ files: files.slice(1, 2), missingDays: [] });
  expect(await find(third, third + day + 1)).toEqual({ files: files.slice(1), missingDays: [] });
});

test("days without a Parquet file are missing: no directory, an empty one, links, other and hidden files", async () => {
  const file = put("sessions/project_id=42/day=2026-11-03/a.parquet");
  put("sessions/project_id=42/day=2026-11-04/.a.parquet");
  put("sessions/project_id=42/day=2026-11-04/a.parquet.tmp");
  mkdirSync(join(root, "sessions/project_id=42/day=2026-11-04/b.parquet"));
  symlinkSync(file, join(root, "sessions/project_id=42/day=2026-11-04/c.parquet"));
  expect(await find(third, third + 3 * day)).toEqual({ files: [file], missingDays: ["2026-11-04", "2026-11-05"] });
});

test("a year with its 366 days is looked through, a longer period is not", async () => {
  const outcome = await find(Date.UTC(2028, 0, 1), Date.UTC(2029, 0, 1));
  expect(outcome.missingDays).toHaveLength(366);
  expect(outcome.missingDays.slice(58, 61)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
  await expect(find(Date.UTC(2028, 0, 1), Date.UTC(2029, 0, 1) + 1)).rejects.toThrow(RangeError);
});

test("what fails but for not being there is thrown, with its cause: a day that is a file", async () => {
  put("sessions/project_id=42/day=2026-11-03");
  const error = new DataUnavailable("A directory of the data cannot be read.");
  await expect(find(third, third + day)).rejects.toThrow(error);
  await expect(find(third, third + day)).rejects.toMatchObject({ cause: { code: "ENOTDIR" } });
});
