import { exportableFields } from "../exportable-fields/catalogue.ts";
import type { ExportableField, ExportScope } from "../exportable-fields/exportable-field.ts";
import { customVar, dynamicVar } from "../exportable-fields/shared-fields.ts";

/** A column of the Parquet files: what it is called there, and its type in DuckDB's words. */
export type StoredColumn = { readonly name: string; readonly type: string };

/** The moment by which a row belongs to a day and to a period. */
export const momentColumns = { sessions: "session_time", views: "view_time" } as const satisfies Record<
  ExportScope,
  string
>;

export const customVarsColumn = {
  name: "custom_vars",
  type: "STRUCT(position BIGINT, name VARCHAR, value VARCHAR)[]",
} as const;
export const dynamicVarsColumn = { name: "dynamic_vars", type: "MAP(VARCHAR, VARCHAR)" } as const;
export const segmentsColumn = { name: "segment_ids", type: "BIGINT[]" } as const;

/** Known from where the row is kept, or from another column. */
const derived: ReadonlySet<string> = new Set(["project_id", "session_date", customVar, dynamicVar]);

const times: ReadonlySet<string> = new Set(["session_time", "view_time"]);

const types: Readonly<Record<ExportableField["type"], string>> = {
  Integer: "BIGINT",
  Float: "DOUBLE",
  String: "VARCHAR",
  "Array(Integer)": "BIGINT[]",
  "Array(String)": "VARCHAR[]",
};

/** What a Parquet file of the scope holds. A file that lacks a column has no value in it. */
export const storedColumns: Readonly<Record<ExportScope, readonly StoredColumn[]>> = {
  sessions: listColumns("sessions"),
  views: listColumns("views"),
};

function listColumns(scope: ExportScope): readonly StoredColumn[] {
  const plain = exportableFields[scope].filter(({ name }) => !derived.has(name));
  // Moments are kept as such, in UTC, so that a period can be found by them.
  const columns = plain.map(({ name, type }) => ({ name, type: times.has(name) ? "TIMESTAMP" : types[type] }));
  return [...columns, customVarsColumn, dynamicVarsColumn, segmentsColumn];
}
