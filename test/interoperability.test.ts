/** Programs that are not ours obtain tokens and accept them. */

import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { ClientCredentials } from "simple-oauth2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFacts, type Facts, type StartedServer, startServer } from "./started-server.ts";

let started: StartedServer;
let facts: Facts;
let server: oauth.AuthorizationServer;
const insecure = { [oauth.allowInsecureRequests]: true };

beforeAll(async () => {
  started = await startServer("sqlite");
  // oauth4webapi validates times by the machine's clock.
  started.clock.seconds = Math.floor(Date.now() / 1000);
  facts = await createFacts(started);
  const issuer = new URL(started.url);
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
  server = await oauth.processDiscoveryResponse(issuer, discovered);
});
afterAll(() => started.stop());

describe.each(["ClientSecretPost", "ClientSecretBasic"] as const)("oauth4webapi with %s", (method) => {
  test("obtains a token by the metadata, and its RFC 9068 validation accepts it", async () => {
    const client = { client_id: facts.account.clientId };
    const authentication = oauth[method](facts.account.clientSecret);
    const parameters = { scope: "data-export", project_id: "42" };
    const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure);
    const token = await oauth.processClientCredentialsResponse(server, client, answer);
    expect([token.token_type, token.expires_in, token.scope, token.project_id]).toEqual([
      "bearer",
      3600,
      "data-export",
      42,
    ]);

    const request = new Request("https://api.eu-west-1.example.com/v1/exports", {
      headers: { authorization: `Bearer ${token.access_token}` },
    });
    const audience = "https://api.eu-west-1.example.com";
    const claims = await oauth.validateJwtAccessToken(server, request, audience, insecure);
    expect([claims.client_id, claims.scope]).toEqual([facts.account.clientId, "data-export"]);
  });

  test("introspects and revokes", async () => {
    const client = { client_id: facts.project.clientId };
    const authentication = oauth[method](facts.project.clientSecret);
    const granted = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      { scope: "metrics" },
      insecure,
    );
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, granted);
    const introspect = async () => {
      const answer = await oauth.introspectionRequest(server, client, authentication, access_token, insecure);
      return (await oauth.processIntrospectionResponse(server, client, answer)).active;
    };
    expect(await introspect()).toBe(true);
    const revoked = await oauth.revocationRequest(server, client, authentication, access_token, insecure);
    await oauth.processRevocationResponse(revoked);
    expect(await introspect()).toBe(false);
  });

  test("reads a refusal as an OAuth error", async () => {
    const client = { client_id: facts.account.clientId };
    const answer = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth[method]("wrong"),
      { scope: "metrics" },
      insecure,
    );
    const failure = oauth.processClientCredentialsResponse(server, client, answer);
    await expect(failure).rejects.toMatchObject(
      method === "ClientSecretPost" ? { cause: expect.anything() } : { cause: expect.anything(), status: 401 },
    );
  });
});

test("openid-client discovers the server and obtains a token", async () => {
  const { clientId, clientSecret } = facts.account;
  const configuration = await openid.discovery(new URL(started.url), clientId, clientSecret, undefined, {
    algorithm: "oauth2",
    execute: [openid.allowInsecureRequests],
  });
  const token = await openid.clientCredentialsGrant(configuration, { scope: "data-export metrics", project_id: "43" });
  expect([token.scope, token.project_id, token.endpoint]).toEqual([
    "data-export metrics",
    43,
    "https://api.us-east.example.com",
  ]);
});

test.each(["header", "body"] as const)(
  "simple-oauth2 obtains a token with the credential in the %s",
  async (authorizationMethod) => {
    const client = new ClientCredentials({
      client: { id: facts.project.clientId, secret: facts.project.clientSecret },
      auth: { tokenHost: started.url, tokenPath: "/v1/oauth/token" },
      options: { authorizationMethod },
    });
    const { token } = await client.getToken({ scope: "data-export" });
    expect([token.token_type, token.project_id]).toEqual(["bearer", 42]);
  },
);

test.each(["RS256", "ES256", "Ed25519"])(
  "jose verifies a token signed with %s by the published key set",
  async (algorithm) => {
    const other = await startServer("sqlite", { BIPED_SIGNING_ALG: algorithm });
    try {
      const { project } = await createFacts(other);
      const answer = await fetch(`${other.url}/v1/oauth/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          client_id: project.clientId,
          client_secret: project.clientSecret,
          grant_type: "client_credentials",
          scope: "data-export",
        }),
      });
      const { access_token } = await answer.json();
      const keys = jose.createRemoteJWKSet(new URL(`${other.url}/.well-known/jwks.json`));
      const { protectedHeader } = await jose.jwtVerify(access_token, keys, {
        issuer: other.url,
        audience: "https://api.eu-west-1.example.com",
        typ: "at+jwt",
        currentDate: new Date(other.clock.seconds * 1000),
      });
      expect(protectedHeader.alg).toBe(algorithm);
    } finally {
      await other.stop();
    }
  },
);
