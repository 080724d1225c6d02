/**
 * `@biped/client` and its peers, each as its documentation shows it, with one thing in common: they are asked for an
 * access token of the client credentials grant, and answer it in a promise.
 */

import { OAuth2Fetch, OAuth2Client as OAuth2FetchClient } from "@badgateway/oauth2-client";
import { createClient } from "@biped/client";
import { OAuth2Client } from "google-auth-library";
import {
  allowInsecureRequests as allowHttp,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
} from "oauth4webapi";
import { allowInsecureRequests, Configuration, clientCredentialsGrant } from "openid-client";
import { ClientCredentials } from "simple-oauth2";

export type TokenClient = {
  readonly name: string;
  readonly getToken: () => Promise<unknown>;
  /** What `getToken` answers differs; this is the same token as a string. */
  readonly getAccessToken: () => Promise<string>;
};

export type TokenService = {
  readonly origin: string;
  readonly tokenPath: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
};

function offer<Token>(
  name: string,
  getToken: () => Promise<Token>,
  read: (token: Token) => string | undefined,
): TokenClient {
  return { name, getToken, getAccessToken: async () => read(await getToken()) ?? "" };
}

/**
 * What stands around a library that keeps nothing: the last token, as long as it lives. It is what people write, so
 * calls that come before the first token each send a request of their own.
 */
function keep<Token>(request: () => Promise<Token>, isAlive: (token: Token) => boolean): () => Promise<Token> {
  let kept: Token | undefined;
  return async () => {
    if (kept === undefined || !isAlive(kept)) kept = await request();
    return kept;
  };
}

function offerBiped({ origin, clientId, clientSecret, scope }: TokenService): TokenClient {
  const client = createClient({ authUrl: origin, clientId, clientSecret, scope });
  return offer("biped", client.token, ({ accessToken }) => accessToken);
}

/** Keeps nothing, but an answer tells how long it still lives. */
function offerOpenidClient(service: TokenService): readonly TokenClient[] {
  const { origin, tokenPath, clientId, clientSecret, scope } = service;
  const server = { issuer: origin, token_endpoint: origin + tokenPath };
  const configuration = new Configuration(server, clientId, clientSecret);
  allowInsecureRequests(configuration);
  const request = () => clientCredentialsGrant(configuration, { scope });
  const isAlive = ({ expiresIn }: { readonly expiresIn: () => number | undefined }): boolean => (expiresIn() ?? 0) > 0;
  return [
    offer("openidClient", request, ({ access_token }) => access_token),
    offer("openidClientKept", keep(request, isAlive), ({ access_token }) => access_token),
  ];
}

/** Keeps nothing, and leaves the time of expiry to its user. */
function offerOauth4webapi(service: TokenService): readonly TokenClient[] {
  const { origin, tokenPath, clientId, clientSecret, scope } = service;
  const server = { issuer: origin, token_endpoint: origin + tokenPath };
  const client = { client_id: clientId };
  const request = async () => {
    const options = { [allowHttp]: true };
    const authentication = ClientSecretPost(clientSecret);
    const response = await clientCredentialsGrantRequest(server, client, authentication, { scope }, options);
    return processClientCredentialsResponse(server, client, response);
  };
  const requestWithExpiry = async () => {
    const { access_token, expires_in = 0 } = await request();
    return { access_token, expiresAt: Date.now() + expires_in * 1000 };
  };
  const isAlive = ({ expiresAt }: { readonly expiresAt: number }): boolean => expiresAt > Date.now();
  return [
    offer("oauth4webapi", request, ({ access_token }) => access_token),
    offer("oauth4webapiKept", keep(requestWithExpiry, isAlive), ({ access_token }) => access_token),
  ];
}

/** Its documentation shows the keeping: by hand, with `expired()`, and a new token where there is no refresh token. */
function offerSimpleOauth2({ origin, tokenPath, clientId, clientSecret, scope }: TokenService): TokenClient {
  const client = new ClientCredentials({
    client: { id: clientId, secret: clientSecret },
    auth: { tokenHost: origin, tokenPath },
  });
  const getToken = keep(
    () => client.getToken({ scope }),
    (token) => !token.expired(),
  );
  return offer("simpleOauth2", getToken, ({ token }) => String(token.access_token));
}

/** Keeps tokens in its wrapper around fetch, which also gives them away. */
function offerBadgateway({ origin, tokenPath, clientId, clientSecret, scope }: TokenService): TokenClient {
  const client = new OAuth2FetchClient({ server: origin, tokenEndpoint: tokenPath, clientId, clientSecret });
  const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials({ scope: [scope] }) });
  return offer(
    "badgateway",
    () => wrapper.getToken(),
    ({ accessToken }) => accessToken,
  );
}

/**
 * Keeps tokens, but has no client credentials grant: its way for tokens from elsewhere is a `refreshHandler`, here with
 * a plain request. `getAccessToken` is faster than `getRequestHeaders`, which makes headers of the token.
 */
function offerGoogle({ origin, tokenPath, clientId, clientSecret, scope }: TokenService): TokenClient {
  const client = new OAuth2Client();
  client.refreshHandler = async () => {
    const members = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope };
    const response = await fetch(origin + tokenPath, { method: "POST", body: new URLSearchParams(members) });
    const { access_token, expires_in } = await response.json();
    return { access_token, expiry_date: Date.now() + expires_in * 1000 };
  };
  return offer(
    "google",
    () => client.getAccessToken(),
    ({ token }) => token ?? undefined,
  );
}

export function createTokenClients(service: TokenService): readonly TokenClient[] {
  return [
    offerBiped(service),
    ...offerOpenidClient(service),
    ...offerOauth4webapi(service),
    offerSimpleOauth2(service),
    offerBadgateway(service),
    offerGoogle(service),
  ];
}
