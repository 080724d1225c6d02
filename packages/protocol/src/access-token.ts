import type { Epochs, Grant } from "./client-credentials-grant.ts";

export const accessTokenType = "at+jwt";
export const accessTokenLifetimeSeconds = 3600;
/** For so long after its end a guard may still take a token, whose clock may differ. */
export const longestClockToleranceSeconds = 120;

/** JWS algorithms that sign access tokens (RFC 7518 §3.1; Ed25519 as RFC 9864 §2.2 names it). */
export const signingAlgorithms = ["RS256", "ES256", "Ed25519"] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return signingAlgorithms.some((algorithm) => algorithm === value);
}

/** The claims of an access token (RFC 9068 §2.2, and Biped's own). All times are epoch seconds. */
export type AccessTokenClaims = {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly scope: string;
  readonly project_id: number;
  readonly account_id: number;
  readonly secret_id: string;
  readonly epochs: Epochs;
};

export type IssueFacts = { readonly issuer: string; readonly nowSeconds: number; readonly tokenId: string };

/** @param facts `nowSeconds` is the epoch time of issue, in whole seconds. */
export function createAccessTokenClaims(grant: Grant, facts: IssueFacts): AccessTokenClaims {
  return {
    iss: facts.issuer,
    sub: grant.clientId,
    client_id: grant.clientId,
    aud: grant.endpoint,
    exp: facts.nowSeconds + accessTokenLifetimeSeconds,
    iat: facts.nowSeconds,
    jti: facts.tokenId,
    scope: grant.scopes.join(" "),
    project_id: grant.projectId,
    account_id: grant.accountId,
    secret_id: grant.secretId,
    epochs: grant.epochs,
  };
}

/** The claims of a token that somebody presents. RFC 7519 §4.1.3 allows several audiences; ours name one. */
export type PresentedClaims = Omit<AccessTokenClaims, "aud"> & { readonly aud: readonly string[] };

/** The claims of a token whose signature is good, or undefined where a member is missing or of another type. */
export function parseAccessTokenClaims(value: unknown): PresentedClaims | undefined {
  if (!isRecord(value) || !isRecord(value.epochs)) return undefined;
  const { iss, sub, client_id, exp, iat, jti, scope, project_id, account_id, secret_id } = value;
  const { account, project, credential } = value.epochs;
  const aud = Array.isArray(value.aud) ? value.aud : [value.aud];
  if (!isText(iss) || !isText(sub) || !isText(client_id) || !isText(jti)) return undefined;
  if (!isText(scope) || !isText(secret_id) || sub !== client_id) return undefined;
  if (aud.length === 0 || !aud.every(isText)) return undefined;
  if (!isWhole(exp) || !isWhole(iat) || !isId(project_id) || !isId(account_id)) return undefined;
  if (!isWhole(account) || !isWhole(project) || !isWhole(credential)) return undefined;
  const epochs = { account, project, credential };
  return { iss, sub, client_id, aud, exp, iat, jti, scope, project_id, account_id, secret_id, epochs };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isId(value: unknown): value is number {
  return isWhole(value) && value > 0;
}
