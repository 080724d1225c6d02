/** @node-oauth/oauth2-server on bare node:http with a model in memory; how it signs is the first argument. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import OAuth2Server from "@node-oauth/oauth2-server";
import { audience, issuer, ownClaims, readPeerSetting, scope } from "./peer-setting.ts";
import { createPeerSigner } from "./peer-signers.ts";

const lifetimeSeconds = 3600;
const { port, clientId, clientSecret, privateKey } = readPeerSetting();
const sign = createPeerSigner(process.argv[2] === "thread-pool" ? "thread pool" : "library", privateKey);

const client = { id: clientId, grants: ["client_credentials"] };
const owned = new Set(scope.split(" "));

const model = {
  getClient: async (id: string, secret: string) => id === clientId && secret === clientSecret && client,
  getUserFromClient: async () => client,
  validateScope: async (_user: object, _client: object, asked: readonly string[] = []) =>
    asked.every((each) => owned.has(each)) && asked,
  generateAccessToken: async (_client: object, _user: object, granted: readonly string[]) => {
    const iat = Math.floor(Date.now() / 1000);
    const times = { iat, exp: iat + lifetimeSeconds };
    const names = { iss: issuer, aud: audience, sub: clientId, client_id: clientId, jti: randomUUID() };
    return sign({ ...names, ...times, scope: granted.join(" "), ...ownClaims });
  },
  // Nothing is kept of a token that is a JWT.
  saveToken: async (token: object) => ({ ...token, client, user: client }),
};

const oauth = new OAuth2Server({ model, accessTokenLifetime: lifetimeSeconds });

async function answerToken(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = Object.fromEntries(new URLSearchParams(await text(incoming)));
  const { method = "", headers } = incoming;
  const response = new OAuth2Server.Response();
  try {
    await oauth.token(new OAuth2Server.Request({ method, headers, query: {}, body }), response);
  } catch {
    // The library has written the refusal into the response.
  }
  const answer = Buffer.from(JSON.stringify(response.body));
  const form = { "content-type": "application/json", "content-length": answer.length };
  outgoing.writeHead(response.status, { ...response.headers, ...form });
  outgoing.end(answer);
}

createServer((incoming, outgoing) => {
  if (incoming.url === "/healthz") outgoing.end("{}");
  else void answerToken(incoming, outgoing);
}).listen(port, "127.0.0.1");
