import type { AuditEventView, Revocation, TokenRevoked } from "@biped/management-client";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { Caller } from "../administrators/caller.ts";
import { parseCursor } from "../audit-log/audit-handlers.ts";
import { type ActorNames, describeEvents } from "../audit-log/describe-event.ts";
import { formatTime } from "../instant.ts";
import { revokeTokensBefore } from "../management/revocations.ts";
import { listLiveRevocations, revocationSeconds } from "../revocation-feed/list-live-revocations.ts";
import type { ReadOwnToken } from "../signing/read-own-token.ts";
import { type Author, type Storage, tokenRevocationLimit } from "../storage/storage.ts";
import { refuseProof, refuseRole } from "./access.ts";
import { findTarget, type TargetStorage } from "./find-target.ts";
import type { Handlers } from "./handlers.ts";

type Name = "GET /api/revocations" | "POST /api/tokens/revocation" | "POST /api/tokens/revocation-before";

export type RevocationHandlerParts = {
  readonly storage: Pick<Storage, "pageAuditEvents" | "revokeToken" | "revokeTokensBefore"> &
    TargetStorage &
    ActorNames;
  readonly readOwnToken: ReadOwnToken;
  readonly nowSeconds: () => number;
};

const usualLimit = 50;

export function createRevocationHandlers(parts: RevocationHandlerParts): Handlers<Name> {
  const { storage, nowSeconds } = parts;
  return {
    "GET /api/revocations": async ({ query: { limit = usualLimit, cursor } }) => {
      const before = cursor === undefined ? undefined : parseCursor(cursor);
      if (before === "no cursor") return refuse("INVALID_REQUEST", "cursor is not one of this list.");
      // One more than is told, to know whether there is a next page.
      const found = await listLiveRevocations(storage, { limit: limit + 1, before, nowSeconds: nowSeconds() });
      const told = found.slice(0, limit);
      const nextCursor = found.length > limit ? String(told.at(-1)?.sequence) : null;
      return { body: { items: (await describeEvents(storage, told)).map(formatRevocation), nextCursor } };
    },
    "POST /api/tokens/revocation": async ({ body, author, caller }) => {
      const revoked = await revokePresentedToken(parts, { token: body.token.trim(), caller }, author);
      if (isRefusal(revoked)) return revoked;
      const { clientId, tokenId } = revoked;
      return { body: revoked, log: { clientId, tokenId } };
    },
    "POST /api/tokens/revocation-before": async ({ body, author }) => {
      // Rounded up: a token of the same second, whose time has no fraction, is one from before.
      const before = body.before === undefined ? undefined : Math.ceil(Date.parse(body.before) / 1000);
      const revoked = await revokeTokensBefore(storage, { before }, author);
      return isRefusal(revoked) ? revoked : { body: { before: formatTime(revoked) } };
    },
  };
}

/** One answer for a token that is not ours, that has ended, and of an account out of the caller's reach. */
const noSuchToken = refuse("NOT_FOUND", "This is no living token of an account that you may see.");

async function revokePresentedToken(
  { storage, readOwnToken }: RevocationHandlerParts,
  { token, caller }: { readonly token: string; readonly caller: Caller },
  author: Author,
): Promise<TokenRevoked | Refusal> {
  const claims = await readOwnToken(token);
  if (claims === undefined) return noSuchToken;
  const { jti: tokenId, client_id: clientId, account_id: accountId, project_id: projectId, exp: until } = claims;
  const target = await findTarget(storage, caller, { clientId });
  if (target === undefined) return noSuchToken;
  const needed = { access: "administrator" } as const;
  const forbidden = refuseRole(needed, target.accountId, caller) ?? refuseProof(needed, caller);
  if (forbidden !== undefined) return forbidden;
  if ((await storage.revokeToken({ tokenId, clientId, accountId, until }, author)) === "limit reached") {
    const text = `The account has ${tokenRevocationLimit} revoked tokens that live already: revoke all of the credential.`;
    return refuse("LIMIT_REACHED", text);
  }
  return { tokenId, clientId, accountId, projectId, until: formatTime(until) };
}

const kinds = ["token", "secret", "credential", "project", "account", "signing-key"] as const;

function formatRevocation(event: AuditEventView): Revocation {
  const { sequence, at, action, subject, accountId, actor, actorName, before, after } = event;
  const kind = kinds.find((noun) => subject.startsWith(`${noun}:`)) ?? "everything";
  const object = kind === "everything" ? formatTime(Number(after?.before)) : subject.slice(kind.length + 1);
  const clientId = after?.clientId ?? before?.clientId;
  return {
    sequence,
    at,
    action,
    kind,
    object,
    clientId: typeof clientId === "string" ? clientId : null,
    accountId,
    actor,
    actorName,
    until: formatTime(Math.floor(Date.parse(at) / 1000) + revocationSeconds),
  };
}
