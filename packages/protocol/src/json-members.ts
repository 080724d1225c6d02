/**
 * `JSON.parse` takes the last of two equal members, rounds large numbers, and on some V8 misreads escaped names
 * (nodejs/node#63785). Each would let two readers of one request disagree, so a text that already parsed is walked
 * once more for what the parsed value no longer shows.
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
  if (!/^[\t\n\r ]*\{/.test(text)) return { defect: "not an object" };
  const members: JsonMember[] = [];
  const levels: Level[] = [];
  let name = "";
  let valueStart = 0;

  for (let position = 0; position < text.length; position += 1) {
    const character = text.charAt(position);
    const level = levels.at(-1);
    if (character === '"') {
      const end = endOfString(text, position);
      if (level?.expectsName === true && level.names !== undefined) {
        const memberName: string = JSON.parse(text.slice(position, end));
        const defect = findNameDefect(memberName, level.names);
        if (defect !== undefined) return { defect };
        level.names.add(memberName);
        level.expectsName = false;
        if (levels.length === 1) name = memberName;
      }
      position = end - 1;
    } else if (character === "{") levels.push({ names: new Set(), expectsName: true });
    else if (character === "[") levels.push({ names: undefined, expectsName: false });
    else if (character === ":" && levels.length === 1) valueStart = position + 1;
    else if (character === "," || character === "}" || character === "]") {
      if (levels.length === 1 && valueStart > 0) {
        members.push({ name, source: text.slice(valueStart, position).trim() });
        valueStart = 0;
      }
      if (character !== ",") levels.pop();
      else if (level !== undefined) level.expectsName = true;
    }
  }
  return { members };
}

function findNameDefect(name: string, earlier: ReadonlySet<string>): JsonDefect | undefined {
  if (isForbiddenName(name)) return "a forbidden member name";
  return earlier.has(name) ? "a repeated member" : undefined;
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text.charAt(position) !== '"') position += text.charAt(position) === "\\" ? 2 : 1;
  return position + 1;
}
