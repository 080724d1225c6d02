import { parseJson } from "../json.ts";

const indentation = "  ";
/** Deeper, the indentation would be longer than the text, and helps nobody. */
const deepest = 200;
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON laid out for reading, from its text: a number keeps every digit, as it would not through a parser.
 * @returns Undefined for what is no JSON, or is nested too deeply to be laid out.
 */
export function formatJsonText(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  let depth = 0;
  let laid = "";
  const all = text.match(tokens) ?? [];
  for (const [at, token] of all.entries()) {
    const next = all[at + 1];
    const breakLine = (): string => `\n${indentation.repeat(depth)}`;
    if (token === "{" || token === "[") {
      const isEmpty = next === "}" || next === "]";
      if (!isEmpty) depth += 1;
      if (depth > deepest) return undefined;
      laid += isEmpty ? token : token + breakLine();
    } else if (token === "}" || token === "]") {
      const isEmpty = all[at - 1] === "{" || all[at - 1] === "[";
      if (!isEmpty) depth -= 1;
      laid += isEmpty ? token : breakLine() + token;
    } else if (token === ",") laid += `,${breakLine()}`;
    else laid += token === ":" ? ": " : token;
  }
  return laid;
}

export function isJson(text: string): boolean {
  return parseJson(text) !== undefined;
}
