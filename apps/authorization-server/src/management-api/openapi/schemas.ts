import { type Operation, operations } from "@biped/management-client/contract";
import { z } from "zod";

export type Schemas = {
  /** The name under which a schema of the contract stands among the components. */
  readonly findName: (schema: z.ZodType) => string | undefined;
  readonly definitions: ReadonlyMap<string, object>;
};

type Names = Map<z.ZodType, string>;

/** Objects of the API have names of their own; other bodies and answers are called after their operation. */
export function collectSchemas(): Schemas {
  const answers: Names = new Map(namedAnswers);
  const bodies: Names = new Map(namedBodies);
  for (const [name, { answer, body }] of Object.entries<Operation>(operations)) {
    const id = formatOperationId(name);
    if (answer !== undefined && !answers.has(answer)) answers.set(answer, `${capitalise(id)}Answer`);
    if (body !== undefined && !bodies.has(body)) bodies.set(body, `${capitalise(id)}Body`);
  }
  return {
    findName: (schema) => answers.get(schema) ?? bodies.get(schema),
    definitions: new Map([...describe(answers, "output"), ...describe(bodies, "input")]),
  };
}

/** The answers that are objects of the API. */
const namedAnswers: readonly (readonly [z.ZodType, string])[] = [
  [operations["GET /api/session"].answer, "Session"],
  [operations["POST /api/session"].answer, "SignIn"],
  [operations["GET /api/accounts/:accountId"].answer, "Account"],
  [operations["GET /api/projects/:projectId"].answer, "Project"],
  [operations["GET /api/credentials/:clientId"].answer, "Credential"],
  [operations["POST /api/credentials/:clientId/secrets"].answer, "SecretShown"],
  [operations["POST /api/clouds"].answer, "Cloud"],
  [operations["GET /api/projects/:projectId/export-jobs/:jobId"].answer, "ExportJob"],
  [operations["GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId"].answer, "ExportRunWithFiles"],
  [operations["GET /api/projects/:projectId/export-settings"].answer, "ExportSettings"],
  [operations["GET /api/signing-keys"].answer, "SigningKeys"],
  [operations["PATCH /api/administrators/:administratorId"].answer, "Administrator"],
  [operations["POST /api/administrators"].answer, "Invited"],
  [operations["GET /api/overview"].answer, "Overview"],
  [operations["GET /api/audit-log/head"].answer, "SignedAuditHead"],
];

/** Bodies that more than one operation takes. */
const namedBodies: readonly (readonly [z.ZodType, string])[] = [
  [operations["POST /api/projects/:projectId/export-jobs"].body, "NewExportJob"],
];

/** The server refuses members that a body does not have, and so the schemas of bodies are strict too. */
function describe(names: Names, io: "input" | "output"): readonly (readonly [string, object])[] {
  const registry = z.registry<{ readonly id: string }>();
  for (const [schema, id] of names)
    registry.add(schema instanceof z.ZodObject ? keepStrict(schema, io) : schema, { id });
  const made = z.toJSONSchema(registry, { io, override: simplify, uri: (id) => `#/components/schemas/${id}` });
  return Object.entries(made.schemas).map(([id, schema]) => [id, withoutAddresses(schema)]);
}

function keepStrict(schema: z.ZodObject, io: "input" | "output"): z.ZodType {
  return io === "input" ? schema.strict() : schema;
}

/** One schema by itself: a parameter's. */
export function describeSchema(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  return withoutAddresses(z.toJSONSchema(schema, { io: "input", override: simplify }));
}

/** What a reader knows already: how a UUID looks, and that numbers of JSON are exact up to 2^53. */
function simplify({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** An `$id` of its own would be what the references within are resolved against. */
function withoutAddresses({ $id, $schema, ...schema }: Readonly<Record<string, unknown>>) {
  return schema;
}

/** `PUT /api/accounts/:accountId/state` -> `putAccountsByAccountIdState`. */
export function formatOperationId(name: string): string {
  const [method = "", path = ""] = name.split(" ");
  const words = path
    .replace(/^\/api\//, "")
    .replaceAll("/:", "/by-")
    .split(/[/-]/);
  return method.toLowerCase() + words.map(capitalise).join("");
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
