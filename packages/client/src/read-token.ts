import type { AddressRules } from "./address-rules.ts";
import type { Token } from "./token-store.ts";

/** Whose data, and what of it. */
export type Target = { readonly scope: string; readonly projectId: number | undefined };

/** The members of a token, from a service or a store, before anybody has looked at them. */
export type TokenParts = { readonly [name in keyof Token]?: unknown };

/** Without a code it is any unexpected answer. */
export type TokenFault = { readonly why: string; readonly code: string | undefined };

const fault = (why: string, code?: string): TokenFault => ({ why, code });

/** Looks at every member before the token goes anywhere. @returns What is wrong with it, or the token. */
export function readToken(
  { accessToken, endpoint, projectId, scope, issuedAt, expiresAt }: TokenParts,
  target: Target,
  { isAllowed }: Pick<AddressRules, "isAllowed">,
): Token | TokenFault {
  // RFC 6750 §2.1: what a header can carry, so that no runtime says it in an error.
  if (typeof accessToken !== "string" || !/^[\w.~+/-]+=*$/.test(accessToken)) return fault("access_token is wrong");
  // 8.64e15 is the last instant of a Date.
  if (typeof issuedAt !== "number" || typeof expiresAt !== "number" || !(expiresAt > issuedAt && expiresAt < 8.64e15)) {
    return fault("expires_in is wrong");
  }
  if (typeof scope !== "string") return fault("scope is wrong");
  if (typeof projectId !== "number" || !Number.isSafeInteger(projectId)) return fault("project_id is wrong");
  if ((target.projectId ?? projectId) !== projectId) return fault("the token is for another project", "WRONG_PROJECT");
  if (typeof endpoint !== "string") return fault("endpoint is wrong");
  // A base URL: no path, no query, no name and password.
  const url = /^https?:\/\/[^/?#@\\]+\/?$/i.test(endpoint) && URL.canParse(endpoint) && new URL(endpoint);
  if (!url || !isAllowed(url)) return fault("endpoint is not on an allowed host", "ENDPOINT_NOT_ALLOWED");
  return { accessToken, endpoint: url.origin, projectId, scope, issuedAt, expiresAt };
}
