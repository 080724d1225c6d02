import { readJsonMembers } from "@biped/protocol";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined where the text is no JSON object, or holds a repeated or a forbidden member name at any depth. */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  if (isPlain(text, value)) return value;
  return "defect" in readJsonMembers(text) ? undefined : value;
}

/**
 * A text that JSON.stringify writes again letter by letter holds no repeated member, because it never writes one.
 * Issuers that use it are spared the walk over the text; whatever is doubtful still takes it.
 */
function isPlain(text: string, value: JsonObject): boolean {
  try {
    return JSON.stringify(value) === text && !/"(?:__proto__|constructor|prototype)":/.test(text);
  } catch {
    // JSON.stringify, unlike JSON.parse, runs out of stack on a value nested thousands of levels deep.
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
