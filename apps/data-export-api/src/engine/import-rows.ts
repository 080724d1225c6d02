import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { type DuckDBConnection, type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import { momentColumns, storedColumns } from "../data/stored-columns.ts";
import { synchronize } from "../synchronize.ts";
import { isMoment } from "./column-types.ts";
import { EngineFailure } from "./engine.ts";
import { escapeSeparators, formatCopy, formatPeriod } from "./export-statement.ts";
import { countCopied, readRows, spillFolder } from "./locked-database.ts";
import { formatDay, formatMoment } from "./source.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { ImportOutcome, ImportTask } from "./task.ts";

type WrittenDay = ImportOutcome["files"][number];

export async function importRows(connection: DuckDBConnection, task: ImportTask): Promise<ImportOutcome> {
  const files = await (task.step === "lines-to-parquet" ? writeDays(connection, task) : writeLines(connection, task));
  await rm(path.join(task.directory, spillFolder), { recursive: true, force: true });
  await synchronize(task.directory);
  return { files };
}

async function writeDays(connection: DuckDBConnection, task: ImportTask): Promise<readonly WrittenDay[]> {
  const moment = momentColumns[task.scope];
  const unsorted = path.join(task.directory, "unsorted.parquet");
  const sorted = path.join(task.directory, "sorted.parquet");
  await writeParquet(connection, readLines(task), unsorted);
  const days = await listDays(connection, unsorted, moment);
  // Sorted as a whole first: without that, each day would have to read the rows of all of them.
  await writeParquet(connection, `SELECT * FROM ${quoteText(unsorted)} ORDER BY ${moment}`, sorted);
  for (const { day, name } of days) {
    const from = Date.parse(day);
    const period = formatPeriod(moment, { from, to: from + 86_400_000 });
    const file = path.join(task.directory, name);
    if (days.length === 1) await rename(sorted, file);
    else await writeParquet(connection, `SELECT * FROM ${quoteText(sorted)} WHERE ${period} ORDER BY ${moment}`, file);
    await synchronize(file);
  }
  for (const file of [unsorted, sorted]) await rm(file, { force: true });
  return days;
}

async function listDays(connection: DuckDBConnection, file: string, moment: string): Promise<readonly WrittenDay[]> {
  const days = `SELECT ${formatDay(moment)} AS day, count(*) FROM ${quoteText(file)} GROUP BY day ORDER BY day`;
  return (await readRows(connection, days)).map(([day, count]) => {
    if (typeof day !== "string") throw new EngineFailure(`A row has no ${moment}.`, { isLasting: true });
    return { day, name: `${day}.parquet`, rowCount: Number(count) };
  });
}

/** In small groups of rows, of which both the writer and whoever reads it hold one in memory. */
async function writeParquet(connection: DuckDBConnection, rows: string, file: string): Promise<void> {
  const options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480";
  await connection.run(`COPY (${rows}) TO ${quoteText(file)} (${options})`);
}

/** Moments as TIMESTAMPTZ first, because DuckDB drops the offset of a text that it reads as TIMESTAMP. */
function readLines({ scope, input }: ImportTask): string {
  const columns = storedColumns[scope];
  const read = columns.map(({ name, type }) => `${quoteText(name)}: '${type === "TIMESTAMP" ? "TIMESTAMPTZ" : type}'`);
  const values = columns.map(({ name, type }) => `${quoteName(name)}::${type} AS ${quoteName(name)}`);
  const lines = `read_json(${quoteText(input)}, format = 'newline_delimited', columns = {${read.join(", ")}})`;
  return `SELECT ${values.join(", ")} FROM ${lines}`;
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
