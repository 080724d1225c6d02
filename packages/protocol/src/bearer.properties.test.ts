import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { parseBearer } from "./bearer.ts";
import { isRefusal } from "./refusal.ts";

const piece = fc.constantFrom(
  "Bearer",
  "bearer ",
  "BEARER  ",
  "Basic ",
  "a",
  "Z9",
  "-._~+/",
  "=",
  "==",
  " ",
  ",",
  '"',
  "é",
  "\n",
);
const header = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);
const headers = fc.oneof(
  { weight: 6, arbitrary: header.map((each) => [each]) },
  { weight: 1, arbitrary: fc.array(header, { maxLength: 3 }) },
);
const query = fc.constantFrom("", "", "", "", "page=1", "access_token=a", "x&%61ccess_token", "%zz=1");

const codes = new Map([
  ["A token must be sent in the Authorization header, not in the URL.", "INVALID_REQUEST"],
  ["There must be one Authorization header.", "INVALID_REQUEST"],
  ["An access token is required.", "JWT_MISSING"],
  ["Auth token is invalid.", "JWT_INVALID"],
]);

/** The rule once more, by taking the header apart at its blanks. */
function judge(authorization: readonly string[], asked: string): string {
  if (new URLSearchParams(asked).has("access_token")) return "INVALID_REQUEST";
  if (authorization.length > 1) return "INVALID_REQUEST";
  const [scheme = "", ...words] = (authorization[0] ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer") return "JWT_MISSING";
  const [token, ...further] = words.filter((word) => word !== "");
  const isToken = token !== undefined && further.length === 0 && /^[-._~+/0-9A-Za-z]+=*$/.test(token);
  return isToken ? token : "JWT_INVALID";
}

testProperty(
  "any headers and query give the one token of one header, or a refusal with a challenge and a fixed text",
  80_000,
  fc.property(headers, query, (authorization, asked) => {
    const parsed = parseBearer(authorization, asked);
    expect(isRefusal(parsed) ? parsed.code : parsed).toBe(judge(authorization, asked));
    if (!isRefusal(parsed)) return;
    expect(codes.get(parsed.description)).toBe(parsed.code);
    const challenge = parsed.headers["www-authenticate"] ?? "";
    expect(challenge).toMatch(/^Bearer realm="biped"(?:, error="[a-z_]+", error_description="[A-Za-z ,.]+")?$/);
    expect(challenge.includes("error=")).toBe(parsed.code !== "JWT_MISSING");
  }),
);
