/**
 * `JSON.parse` takes the last of two equal members and rounds large numbers. Both would let two readers of one
 * request disagree, so a text that already parsed is walked once more for what the parsed value no longer shows.
 */

const forbiddenNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function isForbiddenName(name: string): boolean {
  return forbiddenNames.has(name);
}

export type JsonMember = { readonly name: string; readonly source: string };

export type JsonDefect = "not an object" | "a repeated member" | "a forbidden member name";

export type JsonMembers = { readonly members: readonly JsonMember[] } | { readonly defect: JsonDefect };

type Level = { readonly names: Set<string> | undefined; expectsName: boolean };

/**
 * The members of the outermost object, each with its value as it was written. A member name that occurs twice in
 * one object, or that could reach a prototype, is a defect at any depth.
 * @param text A text that `JSON.parse` accepts; for any other text the answer means nothing.
 */
export function readJsonMembers(text: string): JsonMembers {
  const members: JsonMember[] = [];
  const levels: Level[] = [];
  let name = "";
  let valueStart = 0;
  let position = 0;

  if (!/^[\t\n\r ]*\{/.test(text)) return { defect: "not an object" };

  const endMember = (end: number): void => {
    if (valueStart > 0) members.push({ name, source: text.slice(valueStart, end).trim() });
    valueStart = 0;
  };

  while (position < text.length) {
    const character = text.charAt(position);
    const level = levels.at(-1);
    if (character === '"') {
      const end = endOfString(text, position);
      if (level?.expectsName === true && level.names !== undefined) {
        const memberName: string = JSON.parse(text.slice(position, end));
        if (isForbiddenName(memberName)) return { defect: "a forbidden member name" };
        if (level.names.has(memberName)) return { defect: "a repeated member" };
        level.names.add(memberName);
        level.expectsName = false;
        if (levels.length === 1) name = memberName;
      }
      position = end;
      continue;
    }
    if (character === "{") levels.push({ names: new Set(), expectsName: true });
    else if (character === "[") levels.push({ names: undefined, expectsName: false });
    else if (character === "}" || character === "]") {
      if (levels.length === 1) endMember(position);
      levels.pop();
    } else if (character === ",") {
      if (levels.length === 1) endMember(position);
      if (level !== undefined) level.expectsName = true;
    } else if (character === ":" && levels.length === 1) valueStart = position + 1;
    position += 1;
  }
  return { members };
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text.charAt(position) !== '"') position += text.charAt(position) === "\\" ? 2 : 1;
  return position + 1;
}
