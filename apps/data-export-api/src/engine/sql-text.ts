/** A literal. Whatever stands in it stays text: DuckDB knows no backslash in such a literal. */
export function quoteText(text: string): string {
  return `'${refuseNul(text).replaceAll("'", "''")}'`;
}

/** A name of a column, as it is written. */
export function quoteName(name: string): string {
  return `"${refuseNul(name).replaceAll('"', '""')}"`;
}

/** DuckDB takes a statement as a C string: a NUL would cut it off in the middle of a literal. */
function refuseNul(text: string): string {
  if (text.includes("\0")) throw new RangeError("A text in a statement holds NUL.");
  return text;
}

export function quoteTexts(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(", ")}]`;
}
