import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLockedDatabase, readRows } from "./locked-database.ts";
import { quoteText } from "./sql-text.ts";

let root: string;
let connection: DuckDBConnection;
const at = (name: string): string => path.join(root, name);

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "biped-locked-"));
  for (const folder of ["task", "other"]) mkdirSync(at(folder));
  writeFileSync(at("allowed.csv"), "a\n1\n");
  writeFileSync(at("other/secret.csv"), "a\n2\n");
  symlinkSync(at("other/secret.csv"), at("task/link.csv"));
  const reach = { files: [at("allowed.csv")], directory: at("task"), rowOrder: "any" } as const;
  connection = await openLockedDatabase({ memoryBytes: 100_000_000, threads: 1 }, reach);
});
afterAll(() => {
  connection.closeSync();
  rmSync(root, { recursive: true });
});

test("the task's files can be read, and its directory written", async () => {
  expect(await readRows(connection, `SELECT a FROM ${quoteText(at("allowed.csv"))}`)).toEqual([["1"]]);
  expect(await readRows(connection, `COPY (SELECT 1) TO ${quoteText(at("task/out.csv"))}`)).toEqual([["1"]]);
});

test.each<readonly [string, () => string]>([
  ["another file", () => `SELECT * FROM ${quoteText(at("other/secret.csv"))}`],
  ["a path with ..", () => `SELECT * FROM ${quoteText(at("task/../other/secret.csv"))}`],
  ["a symbolic link in the directory", () => `SELECT * FROM ${quoteText(at("task/link.csv"))}`],
  ["a file of the system", () => "SELECT * FROM read_text('/etc/passwd')"],
  ["Parquet elsewhere", () => "SELECT * FROM read_parquet('/etc/passwd')"],
  ["names of files", () => "SELECT * FROM glob('/etc/*')"],
  ["the network", () => "SELECT * FROM read_csv('http://127.0.0.1:1/a.csv')"],
  ["writing elsewhere", () => `COPY (SELECT 1) TO ${quoteText(at("other/out.csv"))}`],
  ["writing by a path with ..", () => `COPY (SELECT 1) TO ${quoteText(at("task/../out.csv"))}`],
  ["another database", () => `ATTACH ${quoteText(at("other/new.db"))}`],
  ["a dump", () => `EXPORT DATABASE ${quoteText(at("other"))}`],
  ["an extension from the network", () => "INSTALL httpfs"],
  ["an extension", () => "LOAD httpfs"],
  ["the door itself", () => "SET enable_external_access = true"],
  ["more paths", () => "SET allowed_directories = ['/']"],
  ["more memory", () => "SET memory_limit = '100GB'"],
  ["another place to spill", () => "SET temp_directory = '/tmp'"],
])("refused: %s", async (_what, sql) => {
  await expect(connection.run(sql())).rejects.toThrow(
    /^(?:Permission Error|Invalid Input Error: Cannot change configuration)/,
  );
  expect(readdirSync(at("other"))).toEqual(["secret.csv"]);
});
