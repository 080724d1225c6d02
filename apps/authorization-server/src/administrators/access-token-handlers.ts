import { accessTokenScopes, type AccessToken as WireToken } from "@biped/management-client/contract";
import { createSecret, isRefusal, type Refusal, refuse } from "@biped/protocol";
import { formatTime } from "../instant.ts";
import { parseName } from "../management/text-rules.ts";
import { createUuid } from "../management/uuid.ts";
import type { Handlers, ManagementAnswer, ManagementRequest } from "../management-api/handlers.ts";
import type { AccessToken, NewAccessToken } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";
import { type Caller, findReach } from "./caller.ts";
import { refuseEnded } from "./identify-caller.ts";
import { type OperationsOf, type SignInParts, sessionOf } from "./sign-in-parts.ts";
import { digestText } from "./token-digest.ts";

const daySeconds = 86_400;

type AccessTokenParts = Pick<SignInParts, "storage" | "nowSeconds" | "randomBytes">;

/** Tokens with which programs act for an administrator, and may do less than their owner. */
export function createAccessTokenHandlers(parts: AccessTokenParts): Handlers<OperationsOf<"access-tokens">> {
  const { storage, nowSeconds } = parts;
  return {
    "GET /api/access-tokens": async ({ caller }) => {
      const tokens = await storage.listAccessTokens(caller.administrator.id);
      const live = tokens.filter(({ expiresAt }) => expiresAt > nowSeconds());
      return { body: { items: live.map(formatAccessToken) } };
    },
    "POST /api/access-tokens": (request) => createAccessToken(parts, request),
    "DELETE /api/access-tokens/:accessTokenId": async ({ caller, params, author }) => {
      const isDeleted = await storage.deleteAccessToken(caller.administrator.id, params.accessTokenId, author);
      return isDeleted ? { body: undefined } : refuse("NOT_FOUND", "There is no such access token.");
    },
  };
}

async function createAccessToken(
  { storage, nowSeconds, randomBytes }: AccessTokenParts,
  { caller, body, author }: ManagementRequest<"POST /api/access-tokens">,
): Promise<ManagementAnswer<"POST /api/access-tokens"> | Refusal> {
  const name = parseName("name", body.name);
  if (isRefusal(name)) return name;
  const accountId = body.accountId ?? undefined;
  if (accountId !== undefined && !(await isInReach(storage, caller, accountId))) {
    return refuse("NOT_FOUND", "There is no such account.");
  }
  const token = createSecret("admin", randomBytes);
  const made: NewAccessToken = {
    id: createUuid(randomBytes),
    administratorId: caller.administrator.id,
    name,
    digest: digestText(token),
    scopes: accessTokenScopes.filter((scope) => scope === "read" || body.scopes.includes(scope)),
    accountId,
    expiresAt: nowSeconds() + body.expiresInDays * daySeconds,
  };
  const id = await storage.createAccessToken(made, { ...author, keptSession: sessionOf(caller).digest });
  if (id === undefined) return refuseEnded();
  const stored = (await storage.listAccessTokens(caller.administrator.id)).find((known) => known.id === id);
  if (stored === undefined) return refuse("NOT_FOUND", "The access token was ended meanwhile.");
  // a repeated request has the id of the first one, whose token nobody can show again.
  return { body: { accessToken: formatAccessToken(stored), token: id === made.id ? token : null } };
}

async function isInReach(storage: Pick<Storage, "findAccount">, caller: Caller, accountId: number): Promise<boolean> {
  const reach = findReach(caller);
  if (reach !== "every account") return reach.accountIds.includes(accountId);
  return (await storage.findAccount(accountId)) !== undefined;
}

function formatAccessToken(token: AccessToken): WireToken {
  return {
    id: token.id,
    name: token.name,
    scopes: accessTokenScopes.filter((scope) => token.scopes.includes(scope)),
    accountId: token.accountId ?? null,
    createdAt: formatTime(token.createdAt),
    expiresAt: formatTime(token.expiresAt),
    lastUsedAt: token.lastUsedAt === undefined ? null : formatTime(token.lastUsedAt),
  };
}
