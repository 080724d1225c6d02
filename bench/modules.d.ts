/**
 * The little that is used here of packages which only `bench/` installs, so that the type check of the repository
 * passes without them.
 */

declare module "autocannon" {
  export type AutocannonClient = { setRequests(requests: readonly { readonly body: string }[]): void };
  export type AutocannonOptions = {
    readonly url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly connections: number;
    readonly duration: number;
    readonly setupClient: (client: AutocannonClient) => void;
  };
  export type AutocannonRun = {
    on(
      event: "response",
      listener: (client: unknown, status: number, bytes: number, responseMilliseconds: number) => void,
    ): void;
    on(event: "reqError", listener: (error: Error) => void): void;
    stop(): void;
  };
  const autocannon: (options: AutocannonOptions) => AutocannonRun;
  export default autocannon;
}

declare module "fast-jwt" {
  export type VerifierOptions = {
    readonly key: string;
    readonly algorithms: readonly string[];
    readonly allowedIss: string;
    readonly allowedAud: string;
    readonly cache?: number;
    readonly cacheTTL?: number;
  };
  export function createVerifier(options: VerifierOptions): (token: string) => Readonly<Record<string, unknown>>;
}

declare module "jsonwebtoken" {
  import type { KeyObject } from "node:crypto";
  export type SignOptions = {
    readonly algorithm: string;
    readonly keyid: string;
    readonly header: { readonly alg: string; readonly typ: string };
  };
  const jsonwebtoken: { sign(claims: object, key: KeyObject, options: SignOptions): string };
  export default jsonwebtoken;
}

declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
  }
}

declare module "@node-oauth/oauth2-server" {
  type RequestParts = {
    readonly method: string;
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly query: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, string>>;
  };
  class Request {
    constructor(parts: RequestParts);
  }
  class Response {
    status: number;
    headers: Record<string, string>;
    body: object;
  }
  export default class OAuth2Server {
    static Request: typeof Request;
    static Response: typeof Response;
    constructor(options: { readonly model: object; readonly accessTokenLifetime: number });
    token(request: Request, response: Response): Promise<object>;
  }
}

declare module "@jmondi/oauth2-server" {
  export class DateInterval {
    constructor(text: string);
  }
  export class AuthorizationServer {
    constructor(clients: object, tokens: object, scopes: object, jwt: object);
    enableGrantType(grant: readonly [string, DateInterval]): void;
    respondToAccessTokenRequest(request: object): Promise<{ readonly body: object }>;
  }
}

declare module "@jmondi/oauth2-server/fastify" {
  export function requestFromFastify(request: object): object;
  export function handleFastifyReply(reply: object, answer: object): void;
  export function handleFastifyError(error: unknown, reply: object): void;
}

declare module "@badgateway/oauth2-client" {
  export type OAuth2Token = { readonly accessToken: string; readonly expiresAt: number | null };
  export class OAuth2Client {
    constructor(settings: {
      readonly server: string;
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
    });
    clientCredentials(parameters: { readonly scope: readonly string[] }): Promise<OAuth2Token>;
  }
  export class OAuth2Fetch {
    constructor(options: { readonly client: OAuth2Client; readonly getNewToken: () => Promise<OAuth2Token> });
    getToken(): Promise<OAuth2Token>;
  }
}

declare module "google-auth-library" {
  export class OAuth2Client {
    refreshHandler?: () => Promise<{ readonly access_token: string; readonly expiry_date: number }>;
    getAccessToken(): Promise<{ readonly token?: string | null }>;
  }
}
