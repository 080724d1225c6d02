import { decodeFormText } from "./parameters.ts";
import { type ErrorCode, type Refusal, refuse } from "./refusal.ts";

const maxHeaderLength = 8192;

/**
 * The token of a request to a resource API, or why there is none (RFC 6750 §2.1, §2.2, §2.3).
 * @param authorization The values of every Authorization header field of the request.
 * @param query The query of the URL without its question mark.
 */
export function parseBearer(authorization: readonly string[], query: string): string | Refusal {
  const namesToken = (pair: string): boolean => decodeFormText(pair.split("=", 1)[0] ?? "") === "access_token";
  if (query !== "" && query.split("&").some(namesToken)) {
    return refuseToken("INVALID_REQUEST", "A token must be sent in the Authorization header, not in the URL.");
  }
  const [header, ...further] = authorization;
  if (further.length > 0) return refuseToken("INVALID_REQUEST", "There must be one Authorization header.");
  if (header === undefined || header === "") return refuseToken("JWT_MISSING", "An access token is required.");
  if (header.length > maxHeaderLength) return refuseToken("JWT_INVALID", "Auth token is invalid.", "oversized header");
  if (!/^bearer(?: |$)/i.test(header)) {
    return refuseToken("JWT_MISSING", "An access token is required.", "not the Bearer scheme");
  }
  const token = /^[A-Za-z]+ +([A-Za-z0-9._~+/-]+=*) *$/.exec(header)?.[1];
  return token ?? refuseToken("JWT_INVALID", "Auth token is invalid.", "malformed Bearer value");
}

/**
 * A refusal of a resource API with its challenge (RFC 6750 §3): no `error` where no token was sent.
 * @param scope The scopes that the resource wants, for INSUFFICIENT_SCOPE.
 */
export function refuseToken(code: ErrorCode, description: string, reason = description, scope?: string): Refusal {
  const { error } = refuse(code, description);
  const attributes = ['realm="biped"'];
  if (code !== "JWT_MISSING") attributes.push(`error="${error}"`, `error_description="${description}"`);
  if (scope !== undefined) attributes.push(`scope="${scope}"`);
  return refuse(code, description, reason, { headers: { "www-authenticate": `Bearer ${attributes.join(", ")}` } });
}
