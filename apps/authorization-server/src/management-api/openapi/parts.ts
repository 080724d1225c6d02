/** What many operations have in common, as OpenAPI's components. */

export const refusalSchema = {
  type: "object",
  description: "The one error body of every listener",
  properties: {
    error: { type: "string", description: "As RFC 6749 has it" },
    error_description: { type: "string" },
    success: { const: false },
    errorMessage: { type: "string", description: "The same as error_description" },
    errorCode: { type: "string", pattern: "^[A-Z][A-Z_]*$" },
    requestId: { type: "string", format: "uuid" },
    stepUp: { const: "required", description: "Prove who you are again, then repeat the request" },
    secondFactor: { const: "required", description: "Enrol a second factor first" },
    outcome: { const: "unknown", description: "Nobody knows whether the project's cloud did what it was asked for" },
  },
  required: ["error", "error_description", "success", "errorMessage", "errorCode", "requestId"],
} as const;

const refusals = {
  400: "INVALID_REQUEST: a member is missing, unknown or malformed; the text names it",
  401: "UNAUTHENTICATED: nobody is signed in, or the proof of identity is wrong",
  403: "FORBIDDEN: the role, the access token's scopes, a second factor or step-up is missing",
  404: "NOT_FOUND: there is no such object within the caller's reach",
  409: "CONFLICT or LIMIT_REACHED: the state of things does not allow it; the text says what",
  412: "PRECONDITION_FAILED: the object has another version than If-Match says",
  413: "REQUEST_TOO_LARGE: the body has more than 64 KiB",
  415: "UNSUPPORTED_MEDIA_TYPE: the body is not application/json in UTF-8",
  422: "IDEMPOTENCY_MISMATCH: the Idempotency-Key was used before, for another request",
  429: "RATE_LIMITED: too many failures, or too much at once for the project's cloud; Retry-After says when to try again",
  503: "TEMPORARILY_UNAVAILABLE: the store, or the project's cloud, is away; Retry-After says when to try again",
} as const;

export type RefusalStatus = keyof typeof refusals;

export const responses: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(refusals).map(([status, description]) => [
    `Refusal${status}`,
    {
      description,
      content: { "application/json": { schema: { $ref: "#/components/schemas/Refusal" } } },
    },
  ]),
);

export const parameters = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Of two requests with the same key the second does nothing and is answered as the first was, for a day. " +
      "A secret is not shown again.",
    schema: { type: "string", minLength: 1, maxLength: 200, pattern: "^[ -~]+$" },
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    description: "The ETag of the object as it was read; without it, or with *, the change is made to what is there",
    schema: { type: "string", pattern: '^(\\*|"(0|[1-9][0-9]{0,14})")$' },
  },
} as const;

export const securitySchemes = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-biped-session",
    description: "Of people in the console. Changes also need to come from the console's own origin.",
  },
  accessToken: {
    type: "http",
    scheme: "bearer",
    description: "biped_admin_…, made in the console. It reads, and changes what its scopes name.",
  },
} as const;

export const headers = {
  ETag: { description: "The version of the object in quotes", schema: { type: "string" } },
} as const;
