import { signingAlgorithms } from "./access-token.ts";

/** Where each endpoint stands below the issuer. */
export const paths = {
  token: "/v1/oauth/token",
  credentialsInformation: "/v1/oauth/me",
  introspection: "/v1/oauth/introspect",
  revocation: "/v1/oauth/revoke",
  metadata: "/.well-known/oauth-authorization-server",
  keySet: "/.well-known/jwks.json",
  revocations: "/v1/oauth/revocations",
} as const;

export type MetadataFacts = {
  readonly issuer: string;
  readonly scopes: readonly string[];
  /** The endpoints of all clouds, by which a guard tells another cloud's token from a stranger's. */
  readonly cloudEndpoints: readonly string[];
  /** The public keys (JWK) of the revocation feed; absent where there is none. */
  readonly revocationKeys?: readonly object[];
};

/** RFC 8414 §2. `cloud_endpoints` and the feed's are Biped's own; readers ignore what they do not know. */
export function createServerMetadata({ issuer, scopes, cloudEndpoints, revocationKeys }: MetadataFacts) {
  const methods = ["client_secret_basic", "client_secret_post"] as const;
  return {
    issuer,
    token_endpoint: `${issuer}${paths.token}`,
    token_endpoint_auth_methods_supported: methods,
    grant_types_supported: ["client_credentials"],
    response_types_supported: [],
    scopes_supported: scopes,
    jwks_uri: `${issuer}${paths.keySet}`,
    introspection_endpoint: `${issuer}${paths.introspection}`,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint: `${issuer}${paths.revocation}`,
    revocation_endpoint_auth_methods_supported: methods,
    access_token_signing_alg_values_supported: signingAlgorithms,
    credentials_information_endpoint: `${issuer}${paths.credentialsInformation}`,
    cloud_endpoints: cloudEndpoints,
    ...(revocationKeys !== undefined && {
      revocations_uri: `${issuer}${paths.revocations}`,
      revocations_jwks: { keys: revocationKeys },
    }),
  } as const;
}
