import { isStorableText } from "@biped/database";
import { type HttpRequest, readJsonText } from "@biped/listener";
import { isRefusal, parseFormParameters, parseJsonParameters, type Refusal, refuse } from "@biped/protocol";
import type { z } from "zod";
import { describeMistake } from "./describe-mistake.ts";

/** What the path names; undefined where it cannot name anything. */
export function readParams(schema: z.ZodObject | undefined, params: HttpRequest["params"]): unknown {
  if (schema === undefined) return {};
  if ([...params.values()].some((value) => !isStorableText(value))) return undefined;
  return schema.safeParse(Object.fromEntries(params)).data;
}

/** Each parameter once, and none that the operation does not know. */
function readQuery(schema: z.ZodObject | undefined, query: string): unknown {
  const pairs = parseFormParameters(query);
  if (isRefusal(pairs)) {
    return refuse("INVALID_REQUEST", "The query is malformed, or holds a parameter twice.", pairs.reason);
  }
  const given = Object.fromEntries([...pairs].map(([name, value]) => [name, "text" in value ? value.text : ""]));
  if (schema === undefined) {
    return pairs.size === 0 ? undefined : refuse("INVALID_REQUEST", "This request has no query parameters.");
  }
  return parseWith(schema, given);
}

/** exactly the members of this action, each once; `undefined` for an action without a body. */
function readBody(schema: z.ZodObject | undefined, request: HttpRequest): unknown {
  if (schema === undefined) {
    return request.body.length === 0 ? undefined : refuse("INVALID_REQUEST", "This request has no body.");
  }
  const text = readJsonText(request);
  if (isRefusal(text)) return text;
  const defects = parseJsonParameters(text);
  return isRefusal(defects) ? defects : parseWith(schema, JSON.parse(text));
}

function parseWith(schema: z.ZodObject, input: unknown): unknown {
  if (!isWithinDepth(input)) return refuse("INVALID_REQUEST", "The body is nested too deeply.");
  if (holdsUnstorable(input)) {
    return refuse("INVALID_REQUEST", "The request holds a NUL, or half of a surrogate pair.");
  }
  const parsed = schema.strict().safeParse(input);
  return parsed.success ? parsed.data : refuse("INVALID_REQUEST", describeMistake(parsed.error.issues, input));
}

/** More than any request of the contract has. */
const maxDepth = 20;

/** Level by level: 64 KiB can hold more levels than there is stack for whatever walks them by recursion afterwards. */
function isWithinDepth(input: unknown): boolean {
  let level: readonly unknown[] = [input];
  for (let depth = 0; depth <= maxDepth; depth += 1) {
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
    if (level.length === 0) return true;
  }
  return false;
}

function holdsUnstorable(input: unknown): boolean {
  let found = false;
  JSON.stringify(input, (key, value: unknown) => {
    found ||= !isStorableText(key) || (typeof value === "string" && !isStorableText(value));
    return value;
  });
  return found;
}

export type Input = { readonly query: unknown; readonly body: unknown };

export function readInput(
  { query: querySchema, body: bodySchema }: { readonly query?: z.ZodObject; readonly body?: z.ZodObject },
  request: HttpRequest,
): Input | Refusal {
  const query = readQuery(querySchema, request.query);
  if (isRefusal(query)) return query;
  const body = readBody(bodySchema, request);
  return isRefusal(body) ? body : { query, body };
}
