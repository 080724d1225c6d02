import type { DuckDBConnection } from "@duckdb/node-api";
import { momentColumns } from "../data/stored-columns.ts";
import { columnName } from "../jobs/job-fields.ts";
import { EngineFailure } from "./engine.ts";
import { formatPeriod, formatPreview } from "./export-statement.ts";
import { readRows } from "./locked-database.ts";
import { openSource } from "./source.ts";
import type { CustomVar, CustomVarsTask, DynamicVarKeysTask, PreviewOutcome, PreviewTask } from "./task.ts";

/** What is answered passes through the memory of the API, whatever somebody has brought in as a row. */
const mostPreviewCharacters = 2_000_000;

export async function readPreview(connection: DuckDBConnection, task: PreviewTask): Promise<PreviewOutcome> {
  const source = await openSource(connection, task.selection.scope, task.files);
  const lines = (await readRows(connection, formatPreview(task, source))).map(([line]) => String(line));
  if (lines.reduce((sum, line) => sum + line.length, 0) > mostPreviewCharacters) {
    throw new EngineFailure("The rows are too long for a preview.", { isLasting: true });
  }
  return {
    columns: task.selection.fields.map(columnName),
    rows: lines.map((line) => JSON.parse(line, keepDigits)),
  };
}

/** An integer that JavaScript would round stays text. */
function keepDigits(_member: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source = "" } = context ?? {};
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
}

/** A key that is longer cannot be asked for, and a name that is longer is none. */
const longestName = 255;

/** The positions in use, each with the name that it has most often. */
export async function readCustomVars(
  connection: DuckDBConnection,
  { files }: CustomVarsTask,
): Promise<readonly CustomVar[]> {
  const { from, column } = await openSource(connection, "sessions", files);
  const rows = await readRows(
    connection,
    `SELECT position, name FROM (
       SELECT entry.position AS position, entry.name AS name, count(*) AS uses
       FROM (SELECT unnest(${column("custom_vars")}) AS entry FROM ${from}) GROUP BY 1, 2)
     WHERE position BETWEEN 1 AND 20 AND length(name) <= ${longestName}
     QUALIFY row_number() OVER (PARTITION BY position ORDER BY uses DESC, name) = 1 ORDER BY position`,
  );
  return rows.map(([position, name]) => ({ position: Number(position), name: String(name) }));
}

export async function readDynamicVarKeys(
  connection: DuckDBConnection,
  { scope, files, period, limit }: DynamicVarKeysTask,
): Promise<readonly string[]> {
  const { from, column } = await openSource(connection, scope, files);
  const rows = await readRows(
    connection,
    `SELECT DISTINCT key FROM (
       SELECT unnest(map_keys(${column("dynamic_vars")})) AS key FROM ${from}
       WHERE ${formatPeriod(column(momentColumns[scope]), period)})
     WHERE length(key) <= ${longestName} ORDER BY key LIMIT ${limit}`,
  );
  return rows.map(([key]) => String(key));
}
