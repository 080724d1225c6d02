export type CellText = { readonly text: string; readonly isAbsent: boolean };

const mostCharacters = 400;

/** Whatever stands in a row of a preview, as text. Lists and objects are the JSON that the file holds. */
export function formatCell(value: unknown): CellText {
  if (value === null || value === undefined) return { text: "no value", isAbsent: true };
  if (value === "") return { text: "empty", isAbsent: true };
  return { text: shorten(typeof value === "string" ? value : JSON.stringify(value)), isAbsent: false };
}

/** Only on the page: the file has the whole value. */
function shorten(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}
