/** oidc-provider with its in-memory adapter: client credentials only, RS256 access tokens in JWT form. */

import cluster from "node:cluster";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { audience, issuer, keyId, ownClaims, readPeerSetting, scope } from "./peer-setting.ts";

const { port, clientId, clientSecret, privateKey, processes } = readPeerSetting();

function createProvider(): Provider {
  const resourceServer = {
    scope,
    audience,
    accessTokenFormat: "jwt",
    accessTokenTTL: 3600,
    jwt: { sign: { alg: "RS256", kid: keyId } },
  };
  return new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: "client_secret_post",
        scope,
      },
    ],
    scopes: scope.split(" "),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: keyId, alg: "RS256", use: "sig" }] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // A token without a resource of its own would be opaque, and its signature is what is measured.
        defaultResource: () => audience,
        getResourceServerInfo: () => resourceServer,
      },
    },
    ttl: { ClientCredentials: 3600 },
    extraTokenClaims: () => ownClaims,
  });
}

if (processes > 1 && cluster.isPrimary) {
  for (let started = 0; started < processes; started += 1) cluster.fork();
} else {
  createServer(createProvider().callback()).listen(port, "127.0.0.1");
}
