import { nouns, type Operation, operations } from "@biped/management-client/contract";
import { createOperationObject } from "./operation-object.ts";
import { headers, parameters, refusalSchema, responses, securitySchemes } from "./parts.ts";
import { collectSchemas } from "./schemas.ts";

/** OpenAPI 3.1, made of the same table that is served: nothing is served that is not in it (API9). */
export function createOpenApiDocument(): OpenApiDocument {
  const schemas = collectSchemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const [method = "", pattern = ""] = name.split(" ");
    const path = pattern.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: createOperationObject({ name, operation }, schemas) };
  }
  return {
    openapi: "3.1.1",
    info,
    servers: [{ url: "/", description: "The admin listener" }],
    tags: nouns.map((noun) => ({ name: noun })),
    paths,
    components: {
      schemas: { ...Object.fromEntries(schemas.definitions), Refusal: refusalSchema },
      parameters,
      responses,
      headers,
      securitySchemes,
    },
  };
}

export type OpenApiDocument = {
  readonly openapi: string;
  readonly info: typeof info;
  readonly servers: readonly object[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
};

const info = {
  title: "Biped management API",
  version: "0.1.0",
  description:
    "Accounts, projects, clouds, credentials, signing keys and administrators of a Biped authorization server. " +
    "People use it through the console, programs with an access token. Times are ISO 8601; lists have pages, and " +
    "`nextCursor` asks for the next one. A change may carry an Idempotency-Key, so that asking again has the effect " +
    "of asking once, and If-Match with the ETag of the object it is meant for. What belongs to others is answered as " +
    "what does not exist.",
} as const;
