/**
 * Being refused is a value. Each refusal has two messages: `description` goes to the caller and never repeats
 * what was sent, `reason` goes to the log. The table below is the closed list of what can be answered.
 */

const kinds = {
  // The OAuth endpoints (RFC 6749 §5.2, RFC 8707 §2 for invalid_target).
  INVALID_REQUEST: { status: 400, error: "invalid_request" },
  PROJECT_ID_REQUIRED: { status: 400, error: "invalid_request" },
  PROJECT_NOT_ALLOWED: { status: 400, error: "invalid_target" },
  INVALID_SCOPE: { status: 400, error: "invalid_scope" },
  SCOPE_NOT_GRANTED: { status: 400, error: "invalid_scope" },
  SCOPE_EXCLUSIVE: { status: 400, error: "invalid_scope" },
  UNSUPPORTED_GRANT_TYPE: { status: 400, error: "unsupported_grant_type" },
  INVALID_CLIENT: { status: 401, error: "invalid_client" },
  // The management API.
  UNAUTHENTICATED: { status: 401, error: "invalid_request" },
  FORBIDDEN: { status: 403, error: "invalid_request" },
  CONFLICT: { status: 409, error: "invalid_request" },
  LIMIT_REACHED: { status: 409, error: "invalid_request" },
  PRECONDITION_FAILED: { status: 412, error: "invalid_request" },
  IDEMPOTENCY_MISMATCH: { status: 422, error: "invalid_request" },
  // Every listener.
  NOT_FOUND: { status: 404, error: "invalid_request" },
  METHOD_NOT_ALLOWED: { status: 405, error: "invalid_request" },
  REQUEST_TOO_LARGE: { status: 413, error: "invalid_request" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, error: "invalid_request" },
  RATE_LIMITED: { status: 429, error: "temporarily_unavailable" },
  INTERNAL_ERROR: { status: 500, error: "server_error" },
  TEMPORARILY_UNAVAILABLE: { status: 503, error: "temporarily_unavailable" },
  // A resource API behind the guard (RFC 6750 §3.1, RFC 9110 §15.5.20 for 421).
  JWT_MISSING: { status: 401, error: "invalid_request" },
  JWT_EXPIRED: { status: 401, error: "invalid_token" },
  JWT_INVALID: { status: 401, error: "invalid_token" },
  JWT_REVOKED: { status: 401, error: "invalid_token" },
  INSUFFICIENT_SCOPE: { status: 403, error: "insufficient_scope" },
  WRONG_CLOUD: { status: 421, error: "invalid_request" },
  KEYS_UNAVAILABLE: { status: 503, error: "temporarily_unavailable" },
} as const;

export type ErrorCode = keyof typeof kinds;

export type Refusal = {
  readonly refused: true;
  readonly code: ErrorCode;
  readonly status: number;
  readonly error: (typeof kinds)[ErrorCode]["error"];
  /** For the caller. A fixed text that names the member and the rule, never what was sent. */
  readonly description: string;
  /** For the log. Names the cause; holds no secret and no token. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the body, such as the `endpoint` of a WRONG_CLOUD. */
  readonly members: Readonly<Record<string, string>>;
};

type RefusalParts = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly members?: Readonly<Record<string, string>>;
  /** Only where HTTP has a status of its own for the same error, such as 431 beside 413. */
  readonly status?: number;
};

/** `reason` defaults to the description, for refusals whose cause is no secret to the caller. */
export function refuse(code: ErrorCode, description: string, reason = description, parts: RefusalParts = {}): Refusal {
  const kind = kinds[code];
  return {
    refused: true,
    code,
    status: parts.status ?? kind.status,
    error: kind.error,
    description,
    reason,
    headers: parts.headers ?? {},
    members: parts.members ?? {},
  };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value && value.refused === true;
}

/** The one error body of every listener: the OAuth members beside those of the resource APIs. */
export function formatRefusal(refusal: Refusal, requestId: string): Readonly<Record<string, string | boolean>> {
  return {
    ...refusal.members,
    error: refusal.error,
    error_description: refusal.description,
    success: false,
    errorMessage: refusal.description,
    errorCode: refusal.code,
    requestId,
  };
}
