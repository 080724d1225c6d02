import { isForbiddenName, type JsonDefect, type JsonMember, readJsonMembers } from "./json-members.ts";
import { type Refusal, refuse } from "./refusal.ts";

/**
 * The parameters of a request body, the same from JSON and from a form. A number keeps the digits it was written
 * with, because a rounded project id would name another project.
 */
export type ParameterValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "null" }
  | { readonly kind: "other" };

export type Parameters = ReadonlyMap<string, ParameterValue>;

/** RFC 8259. The outermost value must be an object; no member may occur twice at any depth. */
export function parseJsonParameters(text: string): Parameters | Refusal {
  try {
    JSON.parse(text);
  } catch {
    return refuse("INVALID_REQUEST", "The body is not well-formed JSON.");
  }
  const read = readJsonMembers(text);
  if ("defect" in read) return refuse("INVALID_REQUEST", describeDefect(read.defect));
  return new Map(read.members.map((member) => [member.name, parseValue(member)]));
}

function describeDefect(defect: JsonDefect): string {
  return defect === "not an object" ? "The body must be a JSON object." : `The body holds ${defect}.`;
}

function parseValue({ source }: JsonMember): ParameterValue {
  const first = source.charAt(0);
  if (first === '"') return { kind: "string", text: JSON.parse(source) };
  if (first === "-" || (first >= "0" && first <= "9")) return { kind: "number", text: source };
  return source === "null" ? { kind: "null" } : { kind: "other" };
}

/** application/x-www-form-urlencoded (RFC 6749 appendix B). No name may occur twice (RFC 6749 §3.2). */
export function parseFormParameters(text: string): Parameters | Refusal {
  const parameters = new Map<string, ParameterValue>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeFormText(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decodeFormText(pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return refuse("INVALID_REQUEST", "The body holds a malformed percent-encoding.");
    }
    if (isForbiddenName(name)) return refuse("INVALID_REQUEST", "The body holds a forbidden member name.");
    if (parameters.has(name)) return refuse("INVALID_REQUEST", "The body holds a repeated member.");
    parameters.set(name, { kind: "string", text: value });
  }
  return parameters;
}

/** Undefined where the percent-encoding is malformed or is not UTF-8. */
export function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

export type TextRule = { readonly name: string; readonly maxLength: number };

/** A member that must be a string. Empty counts as absent (RFC 6749 §3.2). Undefined where it is absent. */
export function readString(parameters: Parameters, { name, maxLength }: TextRule): string | undefined | Refusal {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  if (value.kind !== "string") return refuse("INVALID_REQUEST", `${name} must be a string.`);
  if (value.text === "") return undefined;
  if (value.text.length > maxLength) {
    return refuse("INVALID_REQUEST", `${name} must have at most ${maxLength} characters.`);
  }
  return value.text;
}

/** The same, of visible ASCII and blanks only (VSCHAR, RFC 6749 appendix A). */
export function readText(parameters: Parameters, rule: TextRule): string | undefined | Refusal {
  const text = readString(parameters, rule);
  if (typeof text !== "string" || /^[\x20-\x7e]*$/.test(text)) return text;
  return refuse("INVALID_REQUEST", `${rule.name} must be printable ASCII.`);
}
