import type { AddressRules } from "./address-rules.ts";
import {
  createRefusal,
  createUnexpectedAnswer,
  describeText,
  isJsonObject,
  isListOf,
  isNumbered,
  type JsonObject,
  parseJson,
  readText,
} from "./answers.ts";
import type { Blot } from "./blot.ts";
import type { ClientHooks } from "./client-options.ts";
import { readToken, type Target } from "./read-token.ts";
import type { Token } from "./token-store.ts";
import { type Exchanged, type Transport, tell } from "./transport.ts";
import type { CredentialsInformation } from "./wire.ts";

const tellingSkewSeconds = 30;
const tellingSecretEndSeconds = 14 * 86_400;

export type AuthenticationParts = Transport & {
  /** Base URL of the authentication service, without a trailing slash. */
  readonly authUrl: string;
  readonly clientId: string;
  readonly findSecret: () => Promise<string>;
  readonly addresses: AddressRules;
  readonly blot: Blot;
  readonly now: () => number;
  readonly on: ClientHooks;
};

export type Authentication = {
  /** RFC 6749 §4.4.2, with the project. */
  readonly requestToken: (target: Target) => Promise<Token>;
  readonly requestInformation: (signal?: AbortSignal) => Promise<CredentialsInformation>;
};

export function createAuthentication(parts: AuthenticationParts): Authentication {
  const { now, on } = parts;
  return {
    requestToken: async (target) => {
      const issuedAt = now();
      const { scope, projectId } = target;
      // JSON leaves out a project that is undefined.
      const body = { grant_type: "client_credentials", scope, project_id: projectId };
      const { response, value } = await post(parts, "/v1/oauth/token", { body });
      noteClock(response, parts);
      const { access_token: accessToken, endpoint, project_id, expires_in, scope: granted } = value;
      const isBearer = /^bearer$/i.test(String(value.token_type));
      if (!isBearer) throw createUnexpectedAnswer(response.status, "token_type is wrong");
      const expiresAt = issuedAt + (typeof expires_in === "number" ? expires_in : 0) * 1000;
      const found = { accessToken, endpoint, projectId: project_id, scope: granted, issuedAt, expiresAt };
      const token = readToken(found, target, parts.addresses);
      if ("why" in token) throw createUnexpectedAnswer(response.status, token.why, token.code);
      noteSecretEnd(value.secret_expires_at, parts);
      const { accessToken: _, issuedAt: __, ...event } = token;
      tell(on.tokenRenewed, { ...event, expiresAt: new Date(expiresAt) });
      return token;
    },
    requestInformation: async (signal) => {
      const { response, value } = await post(parts, "/v1/oauth/me", { signal });
      if (isInformation(value)) return value;
      throw createUnexpectedAnswer(response.status, describeText());
    },
  };
}

type Question = {
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
};

/** The credential goes in the body, to this address and to no other: a redirect is an answer like any other. */
async function post(parts: AuthenticationParts, path: string, { body, signal }: Question) {
  const secret = await parts.findSecret();
  const { response, value }: Exchanged<string> = await parts.exchange(`${parts.authUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: parts.clientId, client_secret: secret, ...body }),
    redirect: "manual",
    isRepeatable: true,
    read: readText,
    signal,
  });
  if (!response.ok) throw createRefusal(response, value, parts.blot);
  const parsed = parseJson(value);
  if (!isJsonObject(parsed)) throw createUnexpectedAnswer(response.status, describeText(value));
  return { response, value: parsed };
}

function isInformation(value: JsonObject): value is JsonObject & CredentialsInformation {
  const { scopes, permissions } = value;
  return typeof scopes === "string" && isJsonObject(permissions) && isListOf(permissions.projects, isProject);
}

function isProject(value: unknown): value is { readonly id: number } {
  return isNumbered(value, "id");
}

function noteClock({ headers }: Response, { now, on }: AuthenticationParts): void {
  const skewSeconds = findSecondsLeft(headers.get("date"), now);
  if (Math.abs(skewSeconds) >= tellingSkewSeconds) tell(on.clockSkewSeen, { skewSeconds });
}

function noteSecretEnd(text: unknown, { now, on }: AuthenticationParts): void {
  const secondsLeft = findSecondsLeft(text, now);
  const expiresAt = new Date(String(text));
  if (secondsLeft <= tellingSecretEndSeconds) tell(on.secretExpiring, { expiresAt, secondsLeft });
}

/** NaN, with which no comparison holds, where there is no date. */
function findSecondsLeft(date: unknown, now: () => number): number {
  return Math.round((Date.parse(String(date)) - now()) / 1000);
}
