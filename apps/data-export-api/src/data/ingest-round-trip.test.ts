import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, expect } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { createEngine } from "../engine/engine.ts";
import { exportableFields } from "../exportable-fields/catalogue.ts";
import { type ExportScope, exportScopes } from "../exportable-fields/exportable-field.ts";
import { ingest } from "./ingest.ts";

const engine = createEngine({ memoryBytes: 200_000_000, threads: 1 });
afterAll(() => engine.close());

const now = Date.UTC(2026, 10, 3, 12);
const integer = fc.maxSafeInteger();
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constant("x".repeat(8192)),
  fc.constant("\0\u2028\r\n"),
);
const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

/** A moment with one of the spellings that mean it, and the one that is stored. */
const moment = fc
  .tuple(fc.integer({ min: Date.UTC(2000, 0, 1), max: now }), fc.integer({ min: -14 * 60, max: 14 * 60 }))
  .map(([time, offset]) => {
    const local = new Date(time + offset * 60_000).toISOString().slice(0, -1);
    const clock = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) => `${part}`.padStart(2, "0"));
    const given = `${local}${offset < 0 ? "-" : "+"}${clock.join(":")}`;
    return { given, stored: new Date(time).toISOString() };
  });

type Spelled = { readonly given: unknown; readonly stored: unknown };
const asItIs = (given: unknown): Spelled => ({ given, stored: given });

const entryOf = (name: string, type: string): fc.Arbitrary<Spelled> => {
  if (name.endsWith("_time")) return moment;
  if (/(?:^|\.)is_|_ind$/.test(name)) return fc.constantFrom(0, 1).map(asItIs);
  if (name === "device_id") return fc.integer({ min: 0, max: 5 }).map(asItIs);
  return { Integer: integer.map(asItIs), Float: float.map(asItIs) }[type] ?? text.map(asItIs);
};

const variables: Readonly<Record<string, fc.Arbitrary<Spelled>>> = {
  custom_vars: fc
    .uniqueArray(fc.record({ position: fc.integer({ min: 1, max: 20 }), name: text, value: text }), {
      selector: ({ position }) => position,
    })
    .map(asItIs),
  dynamic_vars: fc
    .dictionary(
      text.filter((key) => !/^(?:__proto__|constructor|prototype)$/.test(key)),
      text,
      { noNullPrototype: true },
    )
    .map(asItIs),
  segment_ids: fc
    .array(
      fc.maxSafeNat().map((value) => Math.max(1, value)),
      { maxLength: 5 },
    )
    .map(asItIs),
};

/** Any members beside those that a row must have; arrays of one group are equally long. */
const rowOf = (scope: ExportScope): fc.Arbitrary<{ readonly given: object; readonly stored: object }> => {
  const kept = exportableFields[scope].filter(({ name }) => !/^(?:project_id|session_date|.*_var)$/.test(name));
  const required = ["session_id", "user_id", "session_time", "view_number", "view_time"];
  return fc.nat({ max: 4 }).chain((length) => {
    const members = kept.map(({ name, type }) => {
      const value = entryOf(name, type.replace(/^Array\((.*)\)$/, "$1"));
      const list = fc.array(value, { minLength: length, maxLength: length }).map((entries) => ({
        given: entries.map(({ given }) => given),
        stored: entries.map(({ stored }) => stored),
      }));
      return [name, type.startsWith("Array") ? list : value] as const;
    });
    const all = { ...Object.fromEntries<fc.Arbitrary<Spelled>>(members), ...variables };
    const requiredKeys = required.filter((name) => Object.hasOwn(all, name));
    return fc.record(all, { requiredKeys, noNullPrototype: true }).map((row) => {
      const side = (which: keyof Spelled) =>
        Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (value ? [[name, value[which]]] : [])));
      return { given: side("given"), stored: side("stored") };
    });
  });
};

/** Without what is not there, members in the order of their names, so that equal rows are equal texts. */
const spell = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(spell);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, spell(member)]),
  );
};
const spellAll = (rows: readonly object[]) => rows.map((row) => JSON.stringify(spell(row))).sort();

/** By DuckDB alone, without the engine; its moments are in UTC and name no offset. */
const readStored = async (root: string): Promise<readonly object[]> => {
  if (globSync("**/*.parquet", { cwd: root }).length === 0) return [];
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const sql = `select to_json(r)::varchar from read_parquet('${root}/**/*.parquet', hive_partitioning = false) as r`;
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  return rows.map(([row]) => {
    const value = JSON.parse(String(row));
    for (const name of ["session_time", "view_time"]) {
      if (typeof value[name] === "string") value[name] = new Date(`${value[name].replace(" ", "T")}Z`).toISOString();
    }
    return value;
  });
};

const inDirectory = async <Value>(work: (directory: string) => Promise<Value>): Promise<Value> => {
  const directory = mkdtempSync(join(tmpdir(), "biped-round-trip-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const bringIn = (directory: string, scope: ExportScope, lines: readonly (string | Buffer)[]) => {
  const input = join(directory, "input.jsonl");
  const rejectsFile = join(directory, "rejects.jsonl");
  writeFileSync(input, Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from("\n")]))));
  const parts = { root: join(directory, "data"), engine, nowSeconds: () => now / 1000, onProgress: () => {} };
  return ingest(parts, { projectId: 42, scope, input, rejectsFile, coveredDays: [] });
};

const scopeAndRows = fc
  .constantFrom(...exportScopes)
  .chain((scope) => fc.tuple(fc.constant(scope), fc.array(rowOf(scope), { maxLength: 12 })));

testProperty(
  "rows that go in come out, member by member",
  25,
  fc.asyncProperty(scopeAndRows, ([scope, rows]) =>
    inDirectory(async (directory) => {
      const outcome = await bringIn(
        directory,
        scope,
        rows.map(({ given }) => JSON.stringify(given)),
      );
      expect(outcome).toMatchObject({ acceptedCount: rows.length, rejectedCount: 0 });
      const stored = await readStored(join(directory, "data"));
      expect(spellAll(stored)).toEqual(spellAll(rows.map((row) => row.stored)));
    }),
  ),
);

/** What a line can become that is no row. */
const corruptions: readonly ((line: string) => string | Buffer)[] = [
  (line) => line.slice(0, -1),
  (line) => line.slice(1),
  (line) => `${line}${line}`,
  (line) => `[${line}]`,
  (line) => line.replace("{", '{"unknown":1,'),
  (line) => line.replace("{", '{"user_id":1,"user_id":2,'),
  (line) => line.replace('"user_id":', '"user_id":"'),
  (line) => line.replace('"session_time":"', '"session_time":"x'),
  (line) => line.replace("{", `{"city":${JSON.stringify("x".repeat(8193))},`),
  (line) => Buffer.concat([Buffer.from([0xc3]), Buffer.from(line)]),
  (line) => `${line}${" ".repeat(1024 * 1024)}`,
];

testProperty(
  "corrupted rows are rejected by their line, and none of their neighbours is lost",
  25,
  fc.asyncProperty(
    scopeAndRows,
    fc.array(fc.option(fc.constantFrom(...corruptions)), { minLength: 12, maxLength: 12 }),
    ([scope, rows], choices) =>
      inDirectory(async (directory) => {
        const lines = rows.map(({ given }, index) => {
          const line = JSON.stringify(given);
          return choices[index]?.(line) ?? line;
        });
        const outcome = await bringIn(directory, scope, lines);
        const corrupted = rows.flatMap((_, index) => (choices[index] ? [index + 1] : []));
        expect(outcome).toMatchObject({
          acceptedCount: rows.length - corrupted.length,
          rejectedCount: corrupted.length,
        });
        const rejects = corrupted.length === 0 ? "" : readFileSync(join(directory, "rejects.jsonl"), "utf8");
        const numbers = rejects
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line).line);
        expect(numbers).toEqual(corrupted);
        const whole = rows.filter((_, index) => !choices[index]).map(({ stored }) => stored);
        expect(spellAll(await readStored(join(directory, "data")))).toEqual(spellAll(whole));
      }),
  ),
);
