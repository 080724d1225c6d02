/** A list of texts as it was written in JSON. Anything else in its place is damage. */
export function parseTexts(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value) && value.every((item): item is string => typeof item === "string")) return value;
  throw new Error("The store holds a list that is none.");
}

/**
 * The members of an audit event; null stands for none. What somebody wrote past the server is told as it stands, so
 * that the log can still be read and verified: the event's hash shows that it was altered.
 */
export function parseMembers(json: string | null): Readonly<Record<string, unknown>> | undefined {
  if (json === null) return undefined;
  const value = parseJson(json);
  return isRecord(value) ? value : { unreadable: json };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
