import { escapeControls } from "../terminal/escape-controls.ts";
import { formatRelative } from "../terminal/format-time.ts";
import { formatColumns, printTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { AdminSession } from "./admin-session.ts";

export type List<Item> = {
  readonly headers: readonly string[];
  readonly row: (item: Item) => readonly string[];
  /** What to say beside an empty list. */
  readonly empty: string;
};

/** A table, or with --json the items as they came. */
export function printList<Item>(terminal: Terminal, items: readonly Item[], { headers, row, empty }: List<Item>): void {
  if (terminal.isJson) terminal.printJson(items);
  else if (items.length === 0) terminal.note(empty);
  else printTable(terminal, { headers, rows: items.map(row) });
}

/** One object: names and values, or with --json the answer as it came. */
export function printObject(
  terminal: Terminal,
  answer: unknown,
  rows: readonly (readonly [name: string, value: string])[],
): void {
  if (terminal.isJson) terminal.printJson(answer);
  else printRows(terminal, rows);
}

export function printRows(terminal: Terminal, rows: readonly (readonly [name: string, value: string])[]): void {
  const escaped = rows.map(([name, value]) => [name, escapeControls(value)]);
  const lines = terminal.isOutputTerminal ? formatColumns(escaped) : escaped.map((row) => row.join("\t"));
  for (const line of lines) terminal.print(line);
}

/** What was made: a sentence on a terminal, its id alone through a pipe. */
export function printCreated(
  terminal: Terminal,
  answer: unknown,
  { sentence, id }: { readonly sentence: string; readonly id: string },
): void {
  if (terminal.isJson) terminal.printJson(answer);
  else terminal.print(escapeControls(terminal.isOutputTerminal ? sentence : id));
}

/** What has changed, told beside the result, of which there is none. */
export function printChanged(terminal: Terminal, answer: unknown, sentence: string): void {
  if (terminal.isJson) terminal.printJson(answer);
  else terminal.note(escapeControls(sentence));
}

/** A day on a terminal, all of it through a pipe. */
export function formatDay({ isOutputTerminal }: Terminal, instant: string | null): string {
  return instant === null ? "-" : String(instant).slice(0, isOutputTerminal ? 10 : undefined);
}

/** "2027-01-01T00:00:00Z, in 3 days". */
export function tellInstant({ context }: AdminSession, instant: string | null, none: string): string {
  if (instant === null) return none;
  const milliseconds = Date.parse(instant);
  return Number.isNaN(milliseconds)
    ? instant
    : `${instant}, ${formatRelative(milliseconds, context.nowMilliseconds())}`;
}

/** "Examples:" as every help ends with. */
export function formatExamples(...commands: readonly [string, ...string[]]): string {
  const lines = commands.map((command) => `  $ biped ${command}`).join("\n");
  return `\n${commands.length === 1 ? "Example" : "Examples"}:\n${lines}`;
}
