import { describe, expect, test } from "vitest";
import { parseBearer, refuseToken } from "./bearer.ts";
import { isRefusal } from "./refusal.ts";

const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";

function refusalOf(authorization: readonly string[], query = "") {
  const parsed = parseBearer(authorization, query);
  if (!isRefusal(parsed)) throw new Error("It was not refused.");
  const { status, code, error, headers } = parsed;
  return { status, code, error, challenge: headers["www-authenticate"] };
}

const missing = { status: 401, code: "JWT_MISSING", error: "invalid_request", challenge: 'Bearer realm="biped"' };
const invalid = {
  status: 401,
  code: "JWT_INVALID",
  error: "invalid_token",
  challenge: 'Bearer realm="biped", error="invalid_token", error_description="Auth token is invalid."',
};

describe("a bearer token (RFC 6750 §2.1)", () => {
  test.each([
    ["the usual form", `Bearer ${token}`],
    ["another case of the scheme", `bEARER ${token}`],
    ["several blanks", `Bearer   ${token}`],
    ["blanks at the end", `Bearer ${token}  `],
  ])("is read from %s", (_, header) => {
    expect(parseBearer([header], "")).toBe(token);
  });

  test("may hold every character of token68", () => {
    const all = "abcXYZ019-._~+/==";
    expect(parseBearer([`Bearer ${all}`], "")).toBe(all);
  });

  test("is read beside a query that does not name it", () => {
    expect(parseBearer([`Bearer ${token}`], "state=ACTIVE&token=1&Access_token=1&x=access_token&%zz=1")).toBe(token);
  });

  test("is read at 8192 characters of the header and invalid at 8193", () => {
    const longest = "a".repeat(8185);
    expect(parseBearer([`Bearer ${longest}`], "")).toBe(longest);
    expect(refusalOf([`Bearer ${longest}a`])).toStrictEqual(invalid);
  });
});

describe("401 JWT_MISSING, Bearer without error", () => {
  test.each([
    ["no header", []],
    ["an empty header", [""]],
    ["Basic", ["Basic YTpi"]],
    ["another scheme", ["DPoP abc"]],
    ["a scheme that Bearer begins", ["BearerToken abc"]],
    ["a scheme with a combining accent", ["bearer\u0301 abc"]],
    ["no scheme at all", ["{}"]],
    ["Bearer behind what is no scheme", [`"Bearer ${token}`]],
    ["Bearer behind a blank", [` Bearer ${token}`]],
  ])("%s", (_, authorization) => {
    expect(refusalOf(authorization)).toStrictEqual(missing);
  });
});

describe('401 JWT_INVALID, error="invalid_token"', () => {
  test.each([
    ["a scheme alone", "Bearer"],
    ["a scheme and a blank", "Bearer "],
    ["two tokens", `Bearer ${token} ${token}`],
    ["a comma", `Bearer ${token},`],
    ["a quoted token", `Bearer "${token}"`],
    ["padding in the middle", "Bearer ab=cd"],
    ["padding alone", "Bearer =="],
    ["a letter beyond ASCII", "Bearer é"],
    ["a line break at the end", `Bearer ${token}\n`],
  ])("%s", (_, header) => {
    expect(refusalOf([header])).toStrictEqual(invalid);
  });
});

describe('400 INVALID_REQUEST, error="invalid_request"', () => {
  test("two Authorization headers, also equal ones", () => {
    const challenge =
      'Bearer realm="biped", error="invalid_request", error_description="There must be one Authorization header."';
    const twice = { status: 400, code: "INVALID_REQUEST", error: "invalid_request", challenge };
    expect(refusalOf([`Bearer ${token}`, `Bearer ${token}`])).toStrictEqual(twice);
    expect(refusalOf(["", `Bearer ${token}`])).toStrictEqual(twice);
    expect(refusalOf(["Basic YTpi", `Bearer ${token}`])).toStrictEqual(twice);
  });

  test.each(["access_token=x", "a=1&access_token=x", "access_token", "access%5Ftoken=x", "%61ccess_token"])(
    "a token in the query: %s",
    (query) => {
      const challenge =
        'Bearer realm="biped", error="invalid_request", ' +
        'error_description="A token must be sent in the Authorization header, not in the URL."';
      const misplaced = { status: 400, code: "INVALID_REQUEST", error: "invalid_request", challenge };
      expect(refusalOf([], query)).toStrictEqual(misplaced);
      expect(refusalOf([`Bearer ${token}`], query)).toStrictEqual(misplaced);
    },
  );
});

test.each<[string, string, readonly string[]]>([
  ["An access token is required.", "An access token is required.", []],
  ["An access token is required.", "An access token is required.", [""]],
  ["not the Bearer scheme", "An access token is required.", ["Basic YTpi"]],
  ["malformed Bearer value", "Auth token is invalid.", ["Bearer"]],
  ["oversized header", "Auth token is invalid.", [`Bearer ${"a".repeat(8186)}`]],
])("the log is told: %s", (reason, description, authorization) => {
  expect(parseBearer(authorization, "")).toMatchObject({ description, reason });
});

describe("the challenge of a resource API (RFC 6750 §3)", () => {
  test("403 INSUFFICIENT_SCOPE names the scopes that are wanted", () => {
    const refusal = refuseToken("INSUFFICIENT_SCOPE", "The scope is missing.", "no metrics", "data-export metrics");
    expect(refusal).toStrictEqual({
      refused: true,
      code: "INSUFFICIENT_SCOPE",
      status: 403,
      error: "insufficient_scope",
      description: "The scope is missing.",
      reason: "no metrics",
      headers: {
        "www-authenticate":
          'Bearer realm="biped", error="insufficient_scope", error_description="The scope is missing.", ' +
          'scope="data-export metrics"',
      },
      members: {},
    });
  });

  test("401 JWT_EXPIRED has the text of the documentation", () => {
    expect(refuseToken("JWT_EXPIRED", "Auth token is expired.").headers["www-authenticate"]).toBe(
      'Bearer realm="biped", error="invalid_token", error_description="Auth token is expired."',
    );
  });
});
