import { type Refusal, refuse } from "@biped/protocol";

/**
 * The parameters of a URL's query. Each known one at most once and never empty; an unknown one is refused, because
 * a mistyped filter that is passed over answers more than was asked for.
 * @param query Without the question mark.
 */
export function parseQuery<Name extends string>(
  query: string,
  known: readonly Name[],
): ReadonlyMap<Name, string> | Refusal {
  const parameters = new Map<Name, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeText(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decodeText(pair.slice(equals + 1));
    const knownName = known.find((candidate) => candidate === name);
    if (knownName === undefined) return refuse("INVALID_REQUEST", describeKnown(known));
    if (parameters.has(knownName)) return refuse("INVALID_REQUEST", `${knownName} must be given once.`);
    if (value === undefined) return refuse("INVALID_REQUEST", `${knownName} must be percent-encoded UTF-8.`);
    if (value === "") return refuse("INVALID_REQUEST", `${knownName} must not be empty.`);
    parameters.set(knownName, value);
  }
  return parameters;
}

/** Undefined where the parameter is not given. */
export function readOneOf<Name extends string, const Value extends string>(
  parameters: ReadonlyMap<Name, string>,
  name: Name,
  values: readonly Value[],
): Value | undefined | Refusal {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  const value = values.find((candidate) => candidate === text);
  return value ?? refuse("INVALID_REQUEST", `${name} must be one of ${values.join(", ")}.`);
}

function describeKnown(known: readonly string[]): string {
  return known.length === 0
    ? "The query must be empty here."
    : `The query holds an unknown parameter; known are ${known.join(", ")}.`;
}

function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
