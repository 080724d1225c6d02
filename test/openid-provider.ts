/** OpenID providers on this machine: a real program (oidc-provider), and one that lies. */

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Provider } from "oidc-provider";
import { findFreePorts } from "./free-ports.ts";

export const client = { clientId: "biped-console", clientSecret: "provider-knows-this-secret-of-the-console" };

export type Person = { readonly sub: string; readonly [claim: string]: unknown };

/** Signs in whoever `people.current` is, without a page. */
export async function startProvider(redirectUri: string, method = "client_secret_basic") {
  const [port = 0] = await findFreePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const people: { current: Person } = { current: { sub: "nobody" } };
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: method,
      },
    ],
    clientAuthMethods: [method],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256", kid: "one" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name"] },
    interactions: { url: () => "/interaction" },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ ...people.current, sub }) }),
    loadExistingGrant: grantEverything,
  });
  const serve = provider.callback();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith("/interaction")) return serve(request, response);
    const login = { accountId: people.current.sub, remember: false };
    provider.interactionFinished(request, response, { login }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { issuer, people, stop: () => stop(server) };
}

type GrantContext = {
  readonly oidc: {
    readonly provider: {
      readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<void> };
    };
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
};

async function grantEverything({ oidc }: GrantContext) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid email profile");
  await grant.save();
  return grant;
}

/** What a lying provider makes of what it should say. */
export type Lies = {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly claims?: JWTPayload;
  /** Signs with a key that it does not publish. */
  readonly foreignKey?: boolean;
  readonly unsigned?: boolean;
  readonly tokenStatus?: number;
  readonly tokenLocation?: string;
};

/** Its code is the nonce, so that it needs no memory. */
export async function startLyingProvider() {
  const [port = 0] = await findFreePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const lies: { current: Lies } = { current: {} };
  const requested: string[] = [];
  const [own, foreign] = [await generateKeyPair("RS256"), await generateKeyPair("RS256")];
  const jwk = { ...(await exportJWK(own.publicKey)), use: "sig", alg: "RS256", kid: "one" };
  const answerToken = async (body: string): Promise<object> => {
    const nonce = new URLSearchParams(body).get("code");
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: client.clientId,
      sub: "vera",
      nonce,
      iat: now,
      exp: now + 60,
      groups: ["staff"],
    };
    const all = JSON.parse(JSON.stringify({ ...claims, ...lies.current.claims }));
    const key = lies.current.foreignKey === true ? foreign.privateKey : own.privateKey;
    const signed = await new SignJWT(all).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(key);
    const [, payload = ""] = signed.split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    return { access_token: "a", token_type: "bearer", id_token: lies.current.unsigned === true ? none : signed };
  };
  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    ...lies.current.metadata,
  });
  const server = createServer(async (request, response) => {
    requested.push(request.url ?? "");
    if (request.url === "/.well-known/openid-configuration") return sendJson(response, 200, metadata());
    if (request.url === "/jwks") return sendJson(response, 200, { keys: [jwk] });
    const { tokenStatus = 200, tokenLocation } = lies.current;
    const headers = tokenLocation === undefined ? {} : { location: tokenLocation };
    return sendJson(response, tokenStatus, await answerToken(await readBody(request)), headers);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { issuer, lies, requested, stop: () => stop(server) };
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
