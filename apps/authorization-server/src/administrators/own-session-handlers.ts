import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { formatTime } from "../instant.ts";
import type { Handlers, ManagementAnswer, ManagementRequest } from "../management-api/handlers.ts";
import type { Administrator } from "../storage/administration.ts";
import type { Caller } from "./caller.ts";
import { hasSecondFactor, refuseEnded } from "./identify-caller.ts";
import { checkPasswordRules } from "./password-rules.ts";
import { checkOneProof } from "./second-factors.ts";
import {
  createOwnAuthor,
  endedSessionHeaders,
  findSessionEnd,
  findStepUpEnd,
  formatCookieHeaders,
  formatSessionId,
} from "./session.ts";
import { guardGuess } from "./sign-in-limit.ts";
import { type MadeSignInParts, refuseOfProvider, sessionOf } from "./sign-in-parts.ts";

export type OwnSessionOperation =
  | "GET /api/session"
  | "DELETE /api/session"
  | "POST /api/session/step-up"
  | "GET /api/sessions"
  | "DELETE /api/sessions/:sessionId"
  | "PUT /api/password";

/** What those who are signed in do with their own sessions and password. */
export function createOwnSessionHandlers(parts: MadeSignInParts): Handlers<OwnSessionOperation> {
  const { storage, sessions } = parts;
  return {
    "GET /api/session": async ({ caller }) => ({ body: await formatSession(parts, caller) }),
    "DELETE /api/session": async ({ caller }) => {
      await storage.endSession(caller.administrator.id, sessionOf(caller).digest);
      return { body: undefined, headers: endedSessionHeaders };
    },
    "POST /api/session/step-up": (request) => stepUp(parts, request),
    "GET /api/sessions": async ({ caller }) => {
      const own = await sessions.listLive(caller.administrator.id);
      const items = own.map((session) => ({
        id: formatSessionId(session.digest),
        isCurrent: session.digest === sessionOf(caller).digest,
        createdAt: formatTime(session.createdAt),
        lastSeenAt: formatTime(session.lastSeenAt),
        source: session.source,
        userAgent: session.userAgent,
      }));
      return { body: { items } };
    },
    "DELETE /api/sessions/:sessionId": async ({ caller, params }) => {
      const own = await sessions.listLive(caller.administrator.id);
      const session = own.find(({ digest }) => formatSessionId(digest) === params.sessionId);
      const isEnded = session !== undefined && (await storage.endSession(caller.administrator.id, session.digest));
      if (!isEnded) return refuse("NOT_FOUND", "There is no such session.");
      const isCurrent = session.digest === sessionOf(caller).digest;
      return { body: undefined, ...(isCurrent ? { headers: endedSessionHeaders } : {}) };
    },
    "PUT /api/password": (request) => changePassword(parts, request),
  };
}

async function changePassword(
  { storage, passwords, nowSeconds }: MadeSignInParts,
  { caller, body, http }: ManagementRequest<"PUT /api/password">,
): Promise<ManagementAnswer<"PUT /api/password"> | Refusal> {
  const { administrator } = caller;
  const texts = [administrator.email, administrator.name];
  const mistake = refuseOfProvider(administrator) ?? (await checkPasswordRules(body.password, texts));
  if (mistake !== undefined) return mistake;
  const passwordHash = await passwords.hash(body.password);
  if (isRefusal(passwordHash)) return passwordHash;
  const author = createOwnAuthor(administrator.id, nowSeconds(), http);
  const by = { ...author, keptSession: sessionOf(caller).digest };
  const isSet = await storage.setPassword(administrator.id, passwordHash, by);
  return isSet ? { body: undefined } : refuseEnded();
}

/** The password proves nothing new for one who has something stronger. */
async function stepUp(
  parts: MadeSignInParts,
  { caller, body, http }: ManagementRequest<"POST /api/session/step-up">,
): Promise<ManagementAnswer<"POST /api/session/step-up"> | Refusal> {
  const { administrator } = caller;
  const mistake = checkOneProof(body) ?? checkStrength(caller, body.password !== undefined);
  if (mistake !== undefined) return mistake;
  const begun = parts.limit.begin({ kind: "step-up", name: administrator.id, source: http.source });
  const renewed = await guardGuess(begun, async () => {
    const isRight = await isProofRight(parts, { caller, body, http });
    if (isRefusal(isRight)) return isRight;
    return isRight ? parts.sessions.stepUp(sessionOf(caller)) : undefined;
  });
  if (isRefusal(renewed)) return renewed;
  if (renewed === undefined) return refuse("FORBIDDEN", "The proof is not right.");
  const via = { kind: "session", session: renewed.session, isSteppedUp: true } as const;
  return { body: await formatSession(parts, { ...caller, via }), headers: formatCookieHeaders(renewed.cookie) };
}

function checkStrength({ administrator }: Caller, isPassword: boolean): Refusal | undefined {
  if (administrator.sso !== undefined) {
    return refuse("CONFLICT", "Sign in again by your organisation's provider to prove who you are.");
  }
  if (hasSecondFactor(administrator) === !isPassword) return undefined;
  return isPassword
    ? refuse("FORBIDDEN", "Prove who you are with your passkey, authenticator app or a recovery code.")
    : refuse("FORBIDDEN", "Prove who you are with your password.");
}

async function isProofRight(
  { passwords, verifySecondFactor, nowSeconds }: MadeSignInParts,
  { caller, body, http }: Pick<ManagementRequest<"POST /api/session/step-up">, "caller" | "body" | "http">,
): Promise<boolean | Refusal> {
  const { administrator } = caller;
  if (body.password === undefined) {
    return verifySecondFactor(administrator, body, createOwnAuthor(administrator.id, nowSeconds(), http));
  }
  const verdict = await passwords.verify(administrator.passwordHash, body.password);
  return isRefusal(verdict) ? verdict : verdict !== "wrong";
}

async function formatSession(parts: MadeSignInParts, { administrator, via, lacksSecondFactor }: Caller) {
  const { storage, issuer, isSandbox, nowSeconds } = parts;
  const { id, email, name, isPlatformOwner, hasTotp, passwordHash } = administrator;
  const names = await storage.findAccountNames(administrator.memberships.map(({ accountId }) => accountId));
  const stepUpEnd = via.kind === "session" ? findStepUpEnd(via.session) : undefined;
  return {
    administrator: {
      id,
      email,
      name,
      platformRole: isPlatformOwner ? ("owner" as const) : null,
      memberships: administrator.memberships.map(({ accountId, role }) => {
        return { accountId, accountName: names.get(accountId) ?? "", role };
      }),
    },
    factors: {
      hasPassword: passwordHash !== undefined,
      hasTotp,
      passkeys: (await storage.listPasskeys(id)).map(formatPasskey),
      recoveryCodesLeft: await storage.countRecoveryCodes(id),
    },
    mustEnrolSecondFactor: lacksSecondFactor && mayChangeAnything(administrator),
    steppedUpUntil: stepUpEnd !== undefined && stepUpEnd > nowSeconds() ? formatTime(stepUpEnd) : null,
    expiresAt: formatTime(via.kind === "session" ? findSessionEnd(via.session) : via.token.expiresAt),
    isSandbox,
    issuer,
  };
}

/** R-32 asks a second factor of who can create credentials; a viewer only reads. */
function mayChangeAnything({ isPlatformOwner, memberships }: Administrator): boolean {
  return isPlatformOwner || memberships.some(({ role }) => role !== "viewer");
}

type PasskeyTimes = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
};

export function formatPasskey({ id, name, createdAt, lastUsedAt }: PasskeyTimes) {
  return {
    id,
    name,
    createdAt: formatTime(createdAt),
    lastUsedAt: lastUsedAt === undefined ? null : formatTime(lastUsedAt),
  };
}
