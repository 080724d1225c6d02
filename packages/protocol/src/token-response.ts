import { accessTokenLifetimeSeconds } from "./access-token.ts";
import type { Grant } from "./client-credentials-grant.ts";

/**
 * RFC 6749 §5.1, with the project and the base URL of the cloud on which it lives. Six members, always, and a seventh
 * when the secret has an end: whoever holds it learns in time that it is to be replaced.
 */
export type TokenResponse = {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly expires_in: number;
  readonly scope: string;
  readonly project_id: number;
  readonly endpoint: string;
  /** ISO 8601. */
  readonly secret_expires_at?: string;
};

export function createTokenResponse(grant: Grant, accessToken: string): TokenResponse {
  return {
    access_token: accessToken,
    token_type: "bearer",
    expires_in: accessTokenLifetimeSeconds,
    scope: grant.scopes.join(" "),
    project_id: grant.projectId,
    endpoint: grant.endpoint,
    ...(grant.secretExpiresAt === undefined ? {} : { secret_expires_at: grant.secretExpiresAt }),
  };
}
