import type { Operation } from "@biped/management-client/contract";
import { z } from "zod";
import { needsNoun } from "../access.ts";
import type { RefusalStatus } from "./parts.ts";
import { describeSchema, formatOperationId, type Schemas } from "./schemas.ts";

type Named = { readonly name: string; readonly operation: Operation };

export function createOperationObject(named: Named, schemas: Schemas): object {
  const { name, operation } = named;
  const { body } = operation;
  const bodyName = body === undefined ? undefined : schemas.findName(body);
  return {
    operationId: formatOperationId(name),
    summary: operation.summary,
    description: describeAccess(operation, needsNoun(operation, isChange(name))),
    tags: [operation.noun],
    security: listSecurity(operation),
    parameters: [...listPathAndQuery(operation), ...listHeaders(named)],
    ...(bodyName === undefined ? {} : { requestBody: { required: true, content: formatJsonContent(bodyName) } }),
    responses: {
      [operation.status]: createResponse(operation, schemas),
      ...Object.fromEntries(
        listRefusals(named).map((status) => [status, { $ref: `#/components/responses/Refusal${status}` }]),
      ),
    },
  };
}

function isChange(name: string): boolean {
  return !name.startsWith("GET ");
}

/** Of what belongs to a session nothing is remembered: it is done again. And a preview only reads, whatever its method. */
function isRemembered({ name, operation }: Named): boolean {
  return isChange(name) && operation.noun !== "session" && !name.endsWith("/export-preview");
}

const versioned: ReadonlySet<string> = new Set(["accountId", "projectId", "clientId", "cloud", "administratorId"]);

/** Changes of an object that has a version; what is created within an account has none yet, what a cloud holds none. */
function hasVersion({ name, operation }: Named): boolean {
  if (operation.noun === "export-jobs") return false;
  const [first = ""] = Object.keys(operation.params?.shape ?? {});
  const isCreation = name.startsWith("POST /api/accounts/") && !name.endsWith("/revocation");
  return isChange(name) && versioned.has(first) && !isCreation;
}

const needs = {
  anybody: "Anybody may, before sign-in.",
  "signed-in": "Everybody who is signed in may.",
  viewer: "Needs a role in the account.",
  administrator: "Needs the role administrator or owner in the account.",
  owner: "Needs the role owner in the account.",
  platform: "Needs the platform role.",
} as const;

function describeAccess({ access, stepUp, sessionOnly, noun }: Operation, isNamed: boolean): string {
  const forTokens = sessionOnly === true ? "Not by access token." : `An access token needs the scope ${noun}.`;
  return [
    needs[access],
    ...(stepUp === true ? ["People must have proved who they are within the last five minutes."] : []),
    ...(access === "anybody" || (!isNamed && sessionOnly !== true) ? [] : [forTokens]),
  ].join(" ");
}

function listSecurity({ access, sessionOnly }: Operation): readonly object[] {
  if (access === "anybody") return [];
  return sessionOnly === true ? [{ session: [] }] : [{ session: [] }, { accessToken: [] }];
}

function listPathAndQuery({ params, query }: Operation): readonly object[] {
  const list = (schema: z.ZodObject | undefined, place: "path" | "query") =>
    Object.entries(schema?.shape ?? {}).map(([name, member]) => createParameter(name, place, member));
  return [...list(params, "path"), ...list(query, "query")];
}

function createParameter(name: string, place: "path" | "query", member: z.core.$ZodType): object {
  const { description, ...schema } = describeSchema(member);
  const isRequired = place === "path" || !z.safeParse(member, undefined).success;
  return {
    name,
    in: place,
    required: isRequired,
    ...(description === undefined ? {} : { description }),
    schema,
  };
}

function listHeaders(named: Named): readonly object[] {
  return [
    ...(isRemembered(named) ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    ...(hasVersion(named) ? [{ $ref: "#/components/parameters/IfMatch" }] : []),
  ];
}

function formatJsonContent(schemaName: string): object {
  return { "application/json": { schema: { $ref: `#/components/schemas/${schemaName}` } } };
}

const descriptions = { 200: "As asked", 201: "Created", 204: "Done" } as const;

function createResponse({ answer, mediaTypes, status }: Operation, schemas: Schemas): object {
  const description = descriptions[status];
  if (mediaTypes !== undefined) {
    const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: "string" } }]));
    return { description, content };
  }
  const schemaName = answer === undefined ? undefined : schemas.findName(answer);
  if (schemaName === undefined) return { description };
  const headers = tagged.has(schemaName) ? { headers: { ETag: { $ref: "#/components/headers/ETag" } } } : {};
  return { description, ...headers, content: formatJsonContent(schemaName) };
}

/** Answers that hold an object with a version. */
const tagged: ReadonlySet<string> = new Set([
  "Account",
  "Project",
  "Credential",
  "SecretShown",
  "Cloud",
  "Administrator",
  "Invited",
]);

/** What is sought is named in their bodies. */
const sought: ReadonlySet<string> = new Set(["POST /api/setup", "POST /api/tokens/revocation"]);

function listRefusals(named: Named): readonly RefusalStatus[] {
  const { name, operation } = named;
  const { access, noun, sessionOnly, stepUp } = operation;
  const change = isChange(name);
  const isReadByAll = !change && access === "signed-in" && sessionOnly !== true;
  const proves = noun === "session" && change && (access === "anybody" || name.endsWith("step-up"));
  const applicable: readonly (readonly [RefusalStatus, boolean])[] = [
    [400, true],
    [401, access !== "anybody" || change],
    [403, stepUp === true || (access !== "anybody" && !isReadByAll)],
    [404, operation.params !== undefined || sought.has(name)],
    [409, (change || noun === "export-jobs") && access !== "anybody" && noun !== "access-tokens"],
    [412, hasVersion(named)],
    [413, operation.body !== undefined],
    [415, operation.body !== undefined],
    [422, isRemembered(named)],
    [429, proves || noun === "export-jobs"],
    [503, true],
  ];
  return applicable.filter(([, applies]) => applies).map(([status]) => status);
}
