import path from "node:path";
import { type DuckDBConnection, type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import { momentColumns, storedColumns } from "../data/stored-columns.ts";
import { isMoment } from "./column-types.ts";
import { EngineFailure } from "./engine.ts";
import { escapeSeparators, formatCopy } from "./export-statement.ts";
import { countCopied, readRows } from "./locked-database.ts";
import { synchronize } from "./parts.ts";
import { formatDay, formatMoment } from "./source.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { ImportOutcome, ImportTask } from "./task.ts";

type WrittenDay = ImportOutcome["files"][number];

export async function importRows(connection: DuckDBConnection, task: ImportTask): Promise<ImportOutcome> {
  const files = await (task.step === "lines-to-parquet" ? writeDays(connection, task) : writeLines(connection, task));
  await synchronize(task.directory);
  return { files };
}

async function writeDays(connection: DuckDBConnection, task: ImportTask): Promise<readonly WrittenDay[]> {
  const moment = momentColumns[task.scope];
  await connection.run(formatLoading(task));
  const day = formatDay(moment);
  const days = await readRows(connection, `SELECT ${day} AS day, count(*) FROM rows GROUP BY day ORDER BY day`);
  const written: WrittenDay[] = [];
  for (const [text, count] of days) {
    if (typeof text !== "string") throw new EngineFailure(`A row has no ${moment}.`, { isLasting: true });
    const name = `${text}.parquet`;
    const file = path.join(task.directory, name);
    const rows = `SELECT * FROM rows WHERE ${day} = ${quoteText(text)} ORDER BY ${moment}`;
    await connection.run(`COPY (${rows}) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION zstd)`);
    await synchronize(file);
    written.push({ day: text, name, rowCount: Number(count) });
  }
  return written;
}

/** Read as TIMESTAMPTZ, because DuckDB would drop the offset of a text that it reads as TIMESTAMP. */
function formatLoading({ scope, input }: ImportTask): string {
  const columns = storedColumns[scope].map(({ name, type }) => ({ name, type, isMoment: type === "TIMESTAMP" }));
  const read = columns.map(({ name, type, isMoment }) => `${quoteText(name)}: '${isMoment ? "TIMESTAMPTZ" : type}'`);
  const lines = `read_json(${quoteText(input)}, format = 'newline_delimited', columns = {${read.join(", ")}})`;
  const values = columns.map(({ name, type }) => `${quoteName(name)}::${type} AS ${quoteName(name)}`);
  return `CREATE TEMP TABLE rows AS SELECT ${values.join(", ")} FROM ${lines}`;
}

async function writeLines(connection: DuckDBConnection, task: ImportTask): Promise<readonly WrittenDay[]> {
  const name = "lines.jsonl";
  const from = `read_parquet(${quoteText(task.input)}, hive_partitioning = false)`;
  const head = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
  const types = head.columnTypes();
  const columns = head.columnNames().map((column, index) => {
    const value = quoteName(column);
    const type = types[index];
    return `${type === undefined ? value : formatForLine(type, value)} AS ${value}`;
  });
  const line = escapeSeparators("to_json(row)::VARCHAR");
  const rows = `SELECT ${line} FROM (SELECT ${columns.join(", ")} FROM ${from}) AS row`;
  const file = path.join(task.directory, name);
  const rowCount = await countCopied(connection, formatCopy(rows, file, ["HEADER false"]));
  await synchronize(file);
  return [{ day: "", name, rowCount }];
}

/** Moments as in the lines that come in, and no number that JSON does not know. */
function formatForLine(type: DuckDBType, value: string): string {
  if (isMoment(type)) return formatMoment(`${value}::TIMESTAMP`);
  if (type.typeId === DuckDBTypeId.FLOAT || type.typeId === DuckDBTypeId.DOUBLE) {
    return `CASE WHEN isfinite(${value}) THEN ${value} END`;
  }
  if (type.typeId !== DuckDBTypeId.LIST) return value;
  return `list_transform(${value}, lambda entry: ${formatForLine(type.valueType, "entry")})`;
}
