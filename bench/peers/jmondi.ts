/** @jmondi/oauth2-server on Fastify with repositories in memory; how it signs is the first argument. */

import { randomUUID } from "node:crypto";
import { AuthorizationServer, DateInterval } from "@jmondi/oauth2-server";
import { handleFastifyError, handleFastifyReply, requestFromFastify } from "@jmondi/oauth2-server/fastify";
import { fastify } from "fastify";
import { audience, issuer, ownClaims, readPeerSetting, scope } from "./peer-setting.ts";
import { createPeerSigner } from "./peer-signers.ts";

type NamedScope = { readonly name: string };

const { port, clientId, clientSecret, privateKey } = readPeerSetting();
const sign = createPeerSigner(process.argv[2] === "thread-pool" ? "thread pool" : "library", privateKey);

const scopes = scope.split(" ").map((name) => ({ name }));
const client = {
  id: clientId,
  name: "Nightly export",
  secret: clientSecret,
  redirectUris: [],
  allowedGrants: ["client_credentials"],
  scopes,
};

const clientRepository = {
  getByIdentifier: async (id: string) => (id === clientId ? client : undefined),
  isClientValid: async (_grant: string, _client: object, secret: string) => secret === clientSecret,
};
const tokenRepository = {
  issueToken: async (owner: object, granted: readonly NamedScope[]) => ({
    accessToken: randomUUID(),
    accessTokenExpiresAt: new Date(),
    client: owner,
    scopes: granted,
  }),
  // Nothing is kept of a token that is a JWT.
  persist: async () => {},
};
const scopeRepository = {
  getAllByIdentifiers: async (names: readonly string[]) => scopes.filter(({ name }) => names.includes(name)),
  finalize: async (granted: readonly NamedScope[]) => granted,
};
const extraClaims = { iss: issuer, aud: audience, client_id: clientId, ...ownClaims };
const jwt = { sign, extraTokenFields: () => extraClaims };

const server = new AuthorizationServer(clientRepository, tokenRepository, scopeRepository, jwt);
server.enableGrantType(["client_credentials", new DateInterval("1h")]);

const app = fastify();
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
  done(null, Object.fromEntries(new URLSearchParams(String(body))));
});
app.get("/healthz", async () => ({ status: "ok" }));
app.post("/token", async (request, reply) => {
  try {
    handleFastifyReply(reply, await server.respondToAccessTokenRequest(requestFromFastify(request)));
  } catch (error) {
    handleFastifyError(error, reply);
  }
  return reply;
});
await app.listen({ host: "127.0.0.1", port });
