import { stripVTControlCharacters } from "node:util";
import { escapeControls } from "./escape-controls.ts";
import type { Terminal } from "./terminal.ts";

export type Table = {
  /** Shown on a terminal only: through a pipe every line is data. */
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** Aligned columns on a terminal, lines of cells parted by tabs through a pipe. Cells are escaped here. */
export function printTable({ isOutputTerminal, style, print }: Terminal, { headers, rows }: Table): void {
  const escaped = rows.map((row) => row.map(escapeControls));
  if (!isOutputTerminal) {
    for (const row of escaped) print(row.join("\t"));
    return;
  }
  const [first = "", ...others] = formatColumns([headers.map((header) => header.toUpperCase()), ...escaped]);
  print(style.dim(first));
  for (const line of others) print(line);
}

/** Lines in which every column is as wide as its widest cell. */
export function formatColumns(rows: readonly (readonly string[])[], gap = "  "): string[] {
  // There may be more rows than a call can have arguments.
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, measureText(cell));
  }
  const pad = (cell: string, at: number): string => cell + " ".repeat((widths[at] ?? 0) - measureText(cell));
  return rows.map((row) => row.map(pad).join(gap).trimEnd());
}

/** How many columns of a terminal a text takes: marks none, East Asian letters and pictures two. */
export function measureText(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
