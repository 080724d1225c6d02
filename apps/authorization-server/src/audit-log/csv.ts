import type { AuditEventView } from "@biped/management-client";
import { formatCanonicalJson } from "@biped/management-client/audit-chain";

const columns = [
  "sequence",
  "at",
  "actor",
  "actorName",
  "action",
  "subject",
  "accountId",
  "requestId",
  "source",
  "before",
  "after",
  "hash",
] as const satisfies readonly (keyof AuditEventView)[];

export const csvHeader: string = formatRow(columns);

export function formatCsvEvent(event: AuditEventView): string {
  return formatRow(columns.map((column) => formatCell(event[column])));
}

function formatCell(value: AuditEventView[(typeof columns)[number]]): string {
  if (value === null) return "";
  return typeof value === "object" ? formatCanonicalJson(value) : String(value);
}

/** RFC 4180: each cell in quotes, each row with CR and LF. */
function formatRow(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${guardFormula(cell).replaceAll('"', '""')}"`).join(",")}\r\n`;
}

/** R-46: a spreadsheet takes what begins like this for a formula, and runs it. */
function guardFormula(cell: string): string {
  return /^[=+\-@\t\r\0]/.test(cell) ? `'${cell}` : cell;
}
