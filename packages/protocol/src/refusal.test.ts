import { describe, expect, test } from "vitest";
import { type ErrorCode, formatRefusal, isRefusal, refuse } from "./refusal.ts";

/** A code that the contract gains must be listed here, or the test does not compile. */
const table: Readonly<Record<ErrorCode, readonly [number, string]>> = {
  INVALID_REQUEST: [400, "invalid_request"],
  PROJECT_ID_REQUIRED: [400, "invalid_request"],
  PROJECT_NOT_ALLOWED: [400, "invalid_target"],
  INVALID_SCOPE: [400, "invalid_scope"],
  SCOPE_NOT_GRANTED: [400, "invalid_scope"],
  SCOPE_EXCLUSIVE: [400, "invalid_scope"],
  UNSUPPORTED_GRANT_TYPE: [400, "unsupported_grant_type"],
  INVALID_CLIENT: [401, "invalid_client"],
  UNAUTHENTICATED: [401, "invalid_request"],
  FORBIDDEN: [403, "invalid_request"],
  CONFLICT: [409, "invalid_request"],
  LIMIT_REACHED: [409, "invalid_request"],
  PRECONDITION_FAILED: [412, "invalid_request"],
  IDEMPOTENCY_MISMATCH: [422, "invalid_request"],
  NOT_FOUND: [404, "invalid_request"],
  METHOD_NOT_ALLOWED: [405, "invalid_request"],
  REQUEST_TOO_LARGE: [413, "invalid_request"],
  UNSUPPORTED_MEDIA_TYPE: [415, "invalid_request"],
  RATE_LIMITED: [429, "temporarily_unavailable"],
  INTERNAL_ERROR: [500, "server_error"],
  TEMPORARILY_UNAVAILABLE: [503, "temporarily_unavailable"],
  JWT_MISSING: [401, "invalid_request"],
  JWT_EXPIRED: [401, "invalid_token"],
  JWT_INVALID: [401, "invalid_token"],
  JWT_REVOKED: [401, "invalid_token"],
  INSUFFICIENT_SCOPE: [403, "insufficient_scope"],
  WRONG_CLOUD: [421, "invalid_request"],
  KEYS_UNAVAILABLE: [503, "temporarily_unavailable"],
};

describe("each error code has one status and one error", () => {
  test.each(Object.entries(table))("%s is %j", (name, [status, error]) => {
    const code = name as ErrorCode;
    const { refused, ...refusal } = refuse(code, "A text.");
    expect(refused).toBe(true);
    expect(refusal).toStrictEqual({
      code,
      status,
      error,
      description: "A text.",
      reason: "A text.",
      headers: {},
      members: {},
    });
  });
});

describe("the error body", () => {
  test("has the members of both families and no others", () => {
    const refusal = refuse("INVALID_CLIENT", "Client authentication failed.", "wrong secret");
    expect(formatRefusal(refusal, "r-1")).toStrictEqual({
      error: "invalid_client",
      error_description: "Client authentication failed.",
      success: false,
      errorMessage: "Client authentication failed.",
      errorCode: "INVALID_CLIENT",
      requestId: "r-1",
    });
  });

  test("never holds the reason, the status or the headers", () => {
    const refusal = refuse("INVALID_CLIENT", "Client authentication failed.", "wrong secret", {
      headers: { "www-authenticate": "Basic" },
    });
    const body = JSON.stringify(formatRefusal(refusal, "r-1"));
    for (const hidden of ["wrong secret", "401", "www-authenticate", "Basic"]) expect(body).not.toContain(hidden);
  });

  test("takes further members, which never replace those of the contract", () => {
    const refusal = refuse("WRONG_CLOUD", "This project lives on another cloud.", "moved", {
      members: { endpoint: "https://api.us-east.example.com", error: "none", errorCode: "OK", requestId: "r-2" },
    });
    expect(formatRefusal(refusal, "r-1")).toStrictEqual({
      endpoint: "https://api.us-east.example.com",
      error: "invalid_request",
      error_description: "This project lives on another cloud.",
      success: false,
      errorMessage: "This project lives on another cloud.",
      errorCode: "WRONG_CLOUD",
      requestId: "r-1",
    });
  });
});

describe("a refusal", () => {
  test("may have a status of its own, as 431 has beside 413", () => {
    const refusal = refuse("REQUEST_TOO_LARGE", "The headers are too large.", "headers", { status: 431 });
    expect(refusal.status).toBe(431);
    expect(refusal.code).toBe("REQUEST_TOO_LARGE");
  });

  test("is told from every other value", () => {
    expect(isRefusal(refuse("NOT_FOUND", "There is nothing here."))).toBe(true);
    for (const value of [undefined, null, "", "refused", 0, true, {}, [], new Map([["refused", true]])]) {
      expect(isRefusal(value)).toBe(false);
    }
    expect(isRefusal({ refused: false })).toBe(false);
    expect(isRefusal({ refused: "true" })).toBe(false);
  });
});
