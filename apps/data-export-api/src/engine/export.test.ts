import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { momentColumns, storedColumns } from "../data/stored-columns.ts";
import { exportableFields } from "../exportable-fields/catalogue.ts";
import { type ExportScope, exportScopes } from "../exportable-fields/exportable-field.ts";
import { deviceLabels, type JobField, jobFormats } from "../jobs/job.ts";
import { columnName, findFieldsMistake } from "../jobs/job-fields.ts";
import { runTask } from "./run-task.ts";
import type { ExportOutcome, ExportTask, ImportOutcome, Selection } from "./task.ts";

type Row = Readonly<Record<string, unknown>>;

const settings = { memoryBytes: 256 * 1024 * 1024, threads: 2 };
const firstMoment = Date.parse("2026-11-02T22:00:00Z");
const hour = 3_600_000;
/** Nothing but what tests break on, and what anything may be. */
const oddTexts = [
  "",
  "=1+1",
  "-1",
  "@x",
  "\t",
  "\r\n",
  "\0",
  '"',
  "'",
  '""\r\n"',
  "\\",
  "\u2028a\u2029",
  "a,b",
  "\x01",
  "😀",
];
const keys = ["plan", 'it\'s "so" \\ {$}', "Plan", "😀 e\u0301", "'); DROP TABLE rows; --", "x".repeat(255)];
const aliases = [
  "A",
  "a",
  "Session_ID",
  "session_id",
  "1",
  "0",
  "__proto__",
  "a b",
  "a.b-c",
  "constructor",
  "_".repeat(255),
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "biped-export-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const newFolder = (): string => mkdtempSync(path.join(root, "task-"));

// What goes in: rows as JSON lines.

const text = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ maxLength: 12, unit: "binary" }),
  fc.string({ maxLength: 12, unit: "grapheme" }),
);
const integer = fc.oneof(
  fc.bigInt({ min: 0n, max: 100n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)),
);
const float = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(1, 0.1, 1e21, 1e-7, 5e-324, 1.5));
const listOf = <Value>(value: fc.Arbitrary<Value>) => fc.array(fc.option(value), { maxLength: 3 });

const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BIGINT: integer,
  DOUBLE: float,
  VARCHAR: text,
  "BIGINT[]": listOf(integer),
  "VARCHAR[]": listOf(text),
};
const moment = fc
  .record({ after: fc.integer({ min: 0, max: 30 * hour }), finer: fc.constantFrom("", "0", "999") })
  .map(({ after, finer }) => new Date(firstMoment + after).toISOString().replace("Z", `${finer}Z`));
const particular: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  session_time: moment,
  view_time: moment,
  device_id: fc.bigInt({ min: 0n, max: 6n }),
  custom_vars: fc.array(fc.record({ position: fc.integer({ min: 1, max: 4 }), name: text, value: fc.option(text) }), {
    maxLength: 3,
  }),
  dynamic_vars: fc.dictionary(fc.constantFrom(...keys), fc.option(text)),
  segment_ids: fc.array(fc.constantFrom(7n, 8n, 2n ** 53n - 1n), { maxLength: 2 }),
};

function anyRow(scope: ExportScope): fc.Arbitrary<Row> {
  const members = storedColumns[scope].map(({ name, type }) => {
    const value = particular[name] ?? values[type];
    if (value === undefined) throw new Error(`No values of ${name}.`);
    return [name, name === momentColumns[scope] ? value : fc.option(value, { freq: 6 })] as const;
  });
  return fc.record(Object.fromEntries(members), { requiredKeys: [momentColumns[scope]] });
}

/** JSON with integers of any length, and with what JSON can only say as a number too great. */
function formatJson(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : `${value < 0 ? "-" : ""}1e999`;
  if (Array.isArray(value)) return `[${value.map(formatJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${formatJson(member)}`)}}`;
}

async function importRows(scope: ExportScope, rows: readonly Row[]): Promise<readonly string[]> {
  const directory = newFolder();
  const input = path.join(newFolder(), "rows.jsonl");
  writeFileSync(input, rows.map((row) => `${formatJson(row)}\n`).join(""));
  const task = { kind: "import", scope, step: "lines-to-parquet", input, directory } as const;
  const { files } = (await runTask(task, settings)) as ImportOutcome;
  expect(files.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(rows.length);
  return files.map(({ name }) => path.join(directory, name));
}

// What is asked for.

const alias = fc.option(
  fc.oneof(fc.constantFrom(...aliases), fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,9}$/)),
  {
    nil: undefined,
  },
);

function anyFields(scope: ExportScope): fc.Arbitrary<readonly JobField[]> {
  const names = exportableFields[scope].map(({ name }) => name);
  const field = fc
    .record({
      fieldName: fc.oneof(fc.constantFrom(...names), fc.constantFrom("custom_var", "dynamic_var", "session_date")),
      aliasName: alias,
      position: fc.integer({ min: 1, max: 5 }),
      key: fc.constantFrom(...keys, "absent"),
    })
    .map(({ fieldName, aliasName, position, key }) => ({
      fieldName,
      ...(aliasName === undefined ? {} : { aliasName }),
      ...(fieldName === "custom_var" ? { customVarPosition: position } : {}),
      ...(fieldName === "dynamic_var" ? { dynamicVarKey: key } : {}),
    }));
  const legal = (fields: readonly JobField[]): readonly JobField[] => {
    const kept: JobField[] = [];
    for (const next of fields) if (findFieldsMistake(scope, [...kept, next]) === undefined) kept.push(next);
    return kept;
  };
  return fc.array(field, { minLength: 1, maxLength: 20, size: "max" }).map(legal);
}

type Wish = Omit<ExportTask, "kind" | "files" | "directory">;

function anyWish(scope: ExportScope): fc.Arbitrary<Wish> {
  return fc
    .record({
      fields: anyFields(scope),
      start: fc.integer({ min: -2 * hour, max: 28 * hour }),
      length: fc.oneof(fc.constant(48 * hour), fc.integer({ min: 1, max: 30 * hour })),
      deviceLabel: fc.constantFrom("all", ...deviceLabels),
      segmentId: fc.constantFrom(undefined, undefined, 7, 2 ** 53 - 1),
      format: fc.constantFrom(...jobFormats),
      formulaGuard: fc.boolean(),
      partBytes: fc.constantFrom(1, 1000, 100_000_000),
    })
    .map(({ fields, start, length, deviceLabel, segmentId, ...rest }) => {
      const period = { from: firstMoment + start, to: firstMoment + start + length };
      return { selection: { projectId: 42, scope, fields, period, deviceLabel, segmentId }, ...rest };
    });
}

// What must come out, by a reader that knows nothing of DuckDB.

type Value = bigint | number | string | null | readonly (bigint | number | string | null)[];

const devices: Readonly<Record<string, readonly bigint[]>> = { desktop: [1n], mobile: [2n, 4n], tablet: [3n, 5n] };

function isWanted(row: Row, { scope, period, deviceLabel, segmentId }: Selection): boolean {
  const at = Date.parse(`${String(row[momentColumns[scope]]).slice(0, 23)}Z`);
  if (at < period.from || at >= period.to) return false;
  if (deviceLabel !== "all" && !devices[deviceLabel]?.includes(row.device_id as bigint)) return false;
  return segmentId === undefined || ((row.segment_ids ?? []) as bigint[]).includes(BigInt(segmentId));
}

function readValue(row: Row, field: JobField): Value {
  const isoOf = (name: string): string | null => (row[name] == null ? null : `${String(row[name]).slice(0, 23)}Z`);
  switch (field.fieldName) {
    case "project_id":
      return 42n;
    case "session_date":
      return isoOf("session_time")?.slice(0, 10) ?? null;
    case "session_time":
    case "view_time":
      return isoOf(field.fieldName);
    case "custom_var": {
      const entries = (row.custom_vars ?? []) as { position: number; value: string | null }[];
      return entries.find(({ position }) => position === field.customVarPosition)?.value ?? "";
    }
    case "dynamic_var":
      return ((row.dynamic_vars ?? {}) as Record<string, string | null>)[field.dynamicVarKey ?? ""] ?? "";
    default: {
      const value = (row[field.fieldName] ?? null) as Value;
      return typeof value === "number" && !Number.isFinite(value) ? null : value;
    }
  }
}

function formatCell(value: Value, formulaGuard: boolean): string {
  if (value === null) return "";
  if (typeof value !== "string") return formatJson(value).replace(/\\(?:u[0-9a-f]{4}|.)/g, writeEscape);
  return formulaGuard && /^[=+\-@\t\r\0]/.test(value) ? `'${value}` : value;
}

/** JSON.stringify has small letters in an escape of a control character, DuckDB capitals; both are JSON. */
const writeEscape = (written: string): string =>
  written.startsWith("\\u") ? `\\u${written.slice(2).toUpperCase()}` : written;

/** One text a row, so that rows compare as multisets. */
function expectRows(rows: readonly Row[], { selection, format, formulaGuard }: Wish): readonly string[] {
  const wanted = rows.filter((row) => isWanted(row, selection));
  const line = wanted.map((row) =>
    selection.fields.map((field) => {
      const value = readValue(row, field);
      return [columnName(field), format === "CSV" ? formatCell(value, formulaGuard) : value];
    }),
  );
  return line.map(formatJson).sort();
}

// What came out.

const isFloat = (scope: ExportScope, { fieldName }: JobField): boolean =>
  exportableFields[scope].some(({ name, type }) => name === fieldName && type === "Float");

const keepIntegers = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context?.source ?? 0) : value;

function readJsonLines(part: string, { fields }: Selection): readonly string[] {
  if (part === "") return [];
  expect(part).not.toMatch(/[\u2028\u2029\r\0]/);
  expect(part.endsWith("\n")).toBe(true);
  const names = fields.map(columnName);
  return part
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const members = new Map(Object.entries(JSON.parse(line, keepIntegers)));
      expect(members.size).toBe(names.length);
      return formatJson(names.map((name) => [name, members.get(name)]));
    });
}

function readCsv(part: string, { scope, fields }: Selection): readonly string[] {
  const [header = [], ...records]: string[][] = parse(part, { record_delimiter: "\r\n" });
  expect(header).toEqual(fields.map(columnName));
  return records.map((record) =>
    formatJson(
      fields.map((field, index) => {
        const cell = record[index] ?? "";
        return [columnName(field), isFloat(scope, field) && cell !== "" ? formatJson(Number(cell)) : cell];
      }),
    ),
  );
}

async function runExport(wish: Wish, files: readonly string[]) {
  const directory = newFolder();
  const outcome = (await runTask({ kind: "export", ...wish, files, directory }, settings)) as ExportOutcome;
  const parts = outcome.parts.map(({ name }) => gunzipSync(readFileSync(path.join(directory, name))).toString());
  expect(outcome.parts.map(({ name }) => name).toSorted()).toEqual(readdirSync(directory).sort());
  rmSync(directory, { recursive: true });
  return { ...outcome, texts: parts };
}

const readParts = (texts: readonly string[], { selection, format }: Wish): readonly string[] =>
  texts.flatMap((part) => (format === "CSV" ? readCsv(part, selection) : readJsonLines(part, selection))).sort();

describe.each(exportScopes)("%s", (scope) => {
  testProperty(
    "what comes out is what a straightforward reader makes of what went in",
    40,
    fc.asyncProperty(
      fc.array(anyRow(scope), { maxLength: 30, size: "max" }),
      fc.array(anyWish(scope), { minLength: 4, maxLength: 4 }),
      async (rows, wishes) => {
        const files = await importRows(scope, rows);
        for (const wish of wishes) {
          const { rowCount, texts } = await runExport(wish, files);
          const expected = expectRows(rows, wish);
          expect(readParts(texts, wish)).toEqual(expected);
          expect(rowCount).toBe(expected.length);
        }
      },
    ),
  );
});
