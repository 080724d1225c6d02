import { type HttpRequest, readJsonText } from "@biped/listener";
import { isRefusal, parseJsonParameters, type Refusal, refuse } from "@biped/protocol";
import { z } from "zod";
import { parseQuery } from "./query-parameters.ts";

/** Where in the body, and which rule does not hold there. */
export type Mistake = { readonly path: readonly PropertyKey[]; readonly message: string };

/** One text for whatever is wrong with a value, and another for a value that is not there. */
export const rule = (text: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? "is required" : text),
});

/** An object of these members and no other: what we would ignore might have narrowed what is asked for. */
export const members = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }) => {
      if (code === "unrecognized_keys") return `holds an unknown member; known are ${Object.keys(shape).join(", ")}`;
      return input === undefined ? "is required" : "must be an object";
    },
  });

export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, rule(`must be one of ${values.join(", ")}`));

/** The JSON of a request that has a body and no query. */
export function readBodyText(request: HttpRequest): string | Refusal {
  const query = parseQuery(request.query, []);
  return isRefusal(query) ? query : readJsonText(request);
}

/** A JSON body as its schema reads it. A refusal names one member by its path, and the rule; never what was sent. */
export function parseBody<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | Refusal {
  // Repeated and forbidden member names no longer show in what JSON.parse gives.
  const parameters = parseJsonParameters(text);
  if (isRefusal(parameters)) return parameters;
  const read = schema.safeParse(JSON.parse(text));
  return read.success ? read.data : refuseMistake(read.error.issues[0] ?? { path: [], message: "is wrong" });
}

export function refuseMistake({ path, message }: Mistake): Refusal {
  return refuse("INVALID_REQUEST", `${formatPath(path)} ${message}.`);
}

/** `fields[2].aliasName`. Only names of the contract get here: an unknown member is its parent's mistake. */
function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text === "" ? "The body" : text.slice(1);
}
