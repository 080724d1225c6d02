import { expect, test } from "vitest";
import type { JobField } from "../jobs/job.ts";
import { formatExport } from "./export-statement.ts";
import type { Source } from "./source.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { ExportTask } from "./task.ts";

const source: Source = { from: "rows", column: quoteName };

function createTask(fields: readonly JobField[], changes: Partial<ExportTask> = {}): ExportTask {
  const period = { from: 1_793_664_000_000, to: 1_793_750_400_000 };
  const selection = {
    projectId: 42,
    scope: "sessions",
    fields,
    period,
    deviceLabel: "all",
    segmentId: undefined,
  } as const;
  const rest = {
    files: [],
    format: "JSONL",
    formulaGuard: false,
    directory: "/attempts/1",
    partBytes: 100_000_000,
  } as const;
  return { kind: "export", selection, ...rest, ...changes };
}

const period =
  '"session_time" >= make_timestamp_ms(1793664000000) AND "session_time" < make_timestamp_ms(1793750400000)';
const written = "FORMAT csv, DELIMITER E'\\x01', QUOTE '', ESCAPE ''";

test("JSONL: names in their order, joined by hand, and rows of the period", () => {
  const fields = [{ fieldName: "session_number" }, { fieldName: "city", aliasName: "Town" }];
  expect(formatExport(createTask(fields), source)).toBe(
    `COPY (SELECT replace(replace(concat('{"session_number":', coalesce("session_number"::VARCHAR, 'null'), ` +
      `',"Town":', coalesce(to_json("city")::VARCHAR, 'null'), '}'), chr(8232), '\\u2028'), chr(8233), '\\u2029') AS "line" ` +
      `FROM rows WHERE ${period}) TO '/attempts/1' (${written}, HEADER false, COMPRESSION gzip, ` +
      "FILE_SIZE_BYTES '100000000B', FILE_EXTENSION 'jsonl.gz')",
  );
});

test("CSV: a header, every cell in quotes, the filters, and parts that the header cannot fill", () => {
  const fields = [{ fieldName: "session_number" }, { fieldName: "city" }];
  const { selection, ...task } = createTask(fields, { format: "CSV", partBytes: 1 });
  const narrow = { ...selection, deviceLabel: "mobile", segmentId: 7 } as const;
  expect(formatExport({ ...task, selection: narrow }, source)).toBe(
    `COPY (SELECT concat('"', replace("session_number"::VARCHAR, '"', '""'), '","', replace("city", '"', '""'), '"', chr(13)) ` +
      `AS """session_number"",""city""\r" FROM rows WHERE ${period} AND "device_id" IN (2, 4) ` +
      `AND list_contains("segment_ids", 7)) TO '/attempts/1' (${written}, HEADER true, COMPRESSION gzip, ` +
      "FILE_SIZE_BYTES '1048B', FILE_EXTENSION 'csv.gz')",
  );
});

test("R-46: the guard is on texts, and numbers stay numbers", () => {
  const fields = [{ fieldName: "session_number" }, { fieldName: "city" }];
  const sql = formatExport(createTask(fields, { format: "CSV", formulaGuard: true }), source);
  expect(sql).toContain(
    `'"', replace("session_number"::VARCHAR, '"', '""'), '","', replace(CASE WHEN left("city", 1) IN (`,
  );
});

test("a key of a dynamic variable stays a text, in the value and in the name", () => {
  const sql = formatExport(createTask([{ fieldName: "dynamic_var", dynamicVarKey: `'"\\\u2028` }]), source);
  expect(sql).toContain(`concat('{"dynamic_var_''\\"\\\\\\u2028":', `);
  expect(sql).toContain(`"dynamic_vars"['''"\\\u2028']`);
});

test("a text or a name is what it was, whatever stands in it; NUL is refused", () => {
  expect(quoteText('it\'s \\ "so"')).toBe("'it''s \\ \"so\"'");
  expect(quoteName('a"; --')).toBe('"a""; --"');
  expect(() => quoteText("a\0b")).toThrow(RangeError);
  expect(() => quoteName("a\0b")).toThrow(RangeError);
});
