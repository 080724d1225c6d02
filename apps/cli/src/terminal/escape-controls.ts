/**
 * Makes text of a stranger safe to show: what moves the cursor, hides or reorders characters becomes a visible escape.
 * It does not tell apart letters that look alike.
 */

const controls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** For one line: a line feed is escaped too. */
export function escapeControls(text: string): string {
  return text.replace(controls, formatEscape);
}

/** For text of several lines: line feeds and tabs stay. */
export function escapeControlsInLines(text: string): string {
  return text.replace(controls, (character) =>
    character === "\n" || character === "\t" ? character : formatEscape(character),
  );
}

/** JSON as data: the same value for every parser, and safe in a terminal. */
export function formatJson(value: unknown): string {
  return escapeControlsInLines(JSON.stringify(value, null, 2));
}

function formatEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
