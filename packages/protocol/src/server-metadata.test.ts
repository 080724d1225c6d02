import { expect, test } from "vitest";
import { createServerMetadata, paths } from "./server-metadata.ts";

test("the metadata of RFC 8414, the endpoints of the clouds, and the revocation feed with its key", () => {
  const metadata = createServerMetadata({
    issuer: "https://auth.example.com",
    scopes: ["data-export", "metrics"],
    cloudEndpoints: ["https://api.eu-west-1.example.com", "https://api.us-east.example.com"],
    revocationKeys: [{ kty: "OKP", kid: "r1" }],
  });
  expect(metadata).toStrictEqual({
    issuer: "https://auth.example.com",
    token_endpoint: "https://auth.example.com/v1/oauth/token",
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    grant_types_supported: ["client_credentials"],
    response_types_supported: [],
    scopes_supported: ["data-export", "metrics"],
    jwks_uri: "https://auth.example.com/.well-known/jwks.json",
    introspection_endpoint: "https://auth.example.com/v1/oauth/introspect",
    introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    revocation_endpoint: "https://auth.example.com/v1/oauth/revoke",
    revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    access_token_signing_alg_values_supported: ["RS256", "ES256", "Ed25519"],
    credentials_information_endpoint: "https://auth.example.com/v1/oauth/me",
    cloud_endpoints: ["https://api.eu-west-1.example.com", "https://api.us-east.example.com"],
    revocations_uri: "https://auth.example.com/v1/oauth/revocations",
    revocations_jwks: { keys: [{ kty: "OKP", kid: "r1" }] },
  });
});

test("an issuer without a revocation feed names none", () => {
  const metadata = createServerMetadata({ issuer: "https://auth.example.com", scopes: [], cloudEndpoints: [] });
  expect(Object.keys(metadata).filter((name) => name.startsWith("revocations"))).toEqual([]);
});

test("the paths are those of the contract", () => {
  expect(paths).toMatchObject({
    token: "/v1/oauth/token",
    credentialsInformation: "/v1/oauth/me",
    introspection: "/v1/oauth/introspect",
    revocation: "/v1/oauth/revoke",
    metadata: "/.well-known/oauth-authorization-server",
    keySet: "/.well-known/jwks.json",
    revocations: "/v1/oauth/revocations",
  });
});
