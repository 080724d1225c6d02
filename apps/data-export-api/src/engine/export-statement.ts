import { momentColumns } from "../data/stored-columns.ts";
import type { DateRange, DeviceLabel } from "../jobs/job.ts";
import { type Cell, createCells } from "./cell.ts";
import type { Source } from "./source.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { ExportTask, PreviewTask, Selection } from "./task.ts";

const deviceIds: Readonly<Record<Exclude<DeviceLabel, "all">, string>> = {
  desktop: "1",
  mobile: "2, 4",
  tablet: "3, 5",
};

/** A COPY of one column, the whole line, because only so each line is ours to the last byte. */
export function formatExport(task: ExportTask, source: Source): string {
  const cells = createCells(task.selection, source);
  const isCsv = task.format === "CSV";
  const line = isCsv ? formatCsvLine(cells, task.formulaGuard) : formatJsonLine(cells);
  const header = isCsv ? formatCsvHeader(cells) : "line";
  const rows = `SELECT ${line} AS ${quoteName(header)} FROM ${formatRows(task.selection, source)}`;
  // DuckDB would begin parts for ever where the header alone fills one.
  const partBytes = Math.max(task.partBytes, Buffer.byteLength(header) + 1024);
  return formatCopy(rows, task.directory, [
    `HEADER ${isCsv}`,
    "COMPRESSION gzip",
    `FILE_SIZE_BYTES ${quoteText(`${partBytes}B`)}`,
    `FILE_EXTENSION ${quoteText(isCsv ? "csv.gz" : "jsonl.gz")}`,
  ]);
}

/** Rows of one JSON array each, in a column. */
export function formatPreview({ selection, limit }: PreviewTask, source: Source): string {
  const cells = createCells(selection, source).map(formatJsonCell);
  const row = `concat('[', ${cells.join(", ',', ")}, ']')`;
  return `SELECT ${row} FROM ${formatRows(selection, source)} LIMIT ${limit}`;
}

/** Without quotes, DuckDB writes a lone column's text as it is, and a line feed. */
export function formatCopy(rows: string, target: string, options: readonly string[]): string {
  const format = ["FORMAT csv", "DELIMITER E'\\x01'", "QUOTE ''", "ESCAPE ''", ...options];
  return `COPY (${rows}) TO ${quoteText(target)} (${format.join(", ")})`;
}

/** U+2028 and U+2029 end a line for some readers; JSON lets both be escaped wherever they may stand. */
export function escapeSeparators(json: string): string {
  return `replace(replace(${json}, chr(8232), '\\u2028'), chr(8233), '\\u2029')`;
}

export function formatPeriod(moment: string, { from, to }: DateRange): string {
  return `${moment} >= make_timestamp_ms(${from}) AND ${moment} < make_timestamp_ms(${to})`;
}

function formatRows({ scope, period, deviceLabel, segmentId }: Selection, { from, column }: Source): string {
  const conditions = [formatPeriod(column(momentColumns[scope]), period)];
  if (deviceLabel !== "all") conditions.push(`${column("device_id")} IN (${deviceIds[deviceLabel]})`);
  if (segmentId !== undefined) conditions.push(`list_contains(${column("segment_ids")}, ${segmentId})`);
  return `${from} WHERE ${conditions.join(" AND ")}`;
}

/** Not a structure of DuckDB's: there, names that differ by upper and lower case only are the same. */
function formatJsonLine(cells: readonly Cell[]): string {
  const members = cells.map((cell, index) => {
    const name = JSON.stringify(cell.name).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    return `${quoteText(`${index === 0 ? "{" : ","}${name}:`)}, ${formatJsonCell(cell)}`;
  });
  return escapeSeparators(`concat(${members.join(", ")}, '}')`);
}

function formatJsonCell({ text, kind }: Cell): string {
  return `coalesce(${kind === "text" ? `to_json(${text})::VARCHAR` : text}, 'null')`;
}

/** RFC 4180: each cell in quotes, each record with CR and LF, the second of which is DuckDB's. */
function formatCsvLine(cells: readonly Cell[], formulaGuard: boolean): string {
  const quoted = cells.map((cell) => {
    const text = formulaGuard && cell.kind === "text" ? guardFormula(cell.text) : cell.text;
    return `replace(${text}, '"', '""')`;
  });
  return `concat('"', ${quoted.join(`, '","', `)}, '"', chr(13))`;
}

/** No name begins like a formula: aliases may not, and fields do not. */
function formatCsvHeader(cells: readonly Cell[]): string {
  return `${cells.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(",")}\r`;
}

/** R-46: a spreadsheet takes text that begins like this for a formula, and runs it. */
function guardFormula(text: string): string {
  const isFormula = `left(${text}, 1) IN ('=', '+', '-', '@', chr(9), chr(13), chr(0))`;
  return `CASE WHEN ${isFormula} THEN concat('''', ${text}) ELSE ${text} END`;
}
