/** A list of texts as it was written in JSON. Anything else in its place is damage. */
export function parseTexts(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value) && value.every((item): item is string => typeof item === "string")) return value;
  throw new Error("The store holds a list that is none.");
}

/** The members of an audit event; null stands for none. */
export function parseMembers(json: string | null): Readonly<Record<string, unknown>> | undefined {
  if (json === null) return undefined;
  const value: unknown = JSON.parse(json);
  if (isRecord(value)) return value;
  throw new Error("The store holds an object that is none.");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
