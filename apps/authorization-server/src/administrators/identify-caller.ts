import type { HttpRequest } from "@biped/listener";
import { isRefusal, parseBearer, type Refusal, refuse } from "@biped/protocol";
import type { Administrator } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";
import type { Caller } from "./caller.ts";
import { checkConsoleRequest } from "./console-request.ts";
import { createSessions, type SessionParts } from "./session.ts";
import { hasSessionCookie } from "./session-cookie.ts";
import { digestToken } from "./token-digest.ts";

/** Whether administrators must have a second factor; the sandbox lets them do without and says so. */
export type SecondFactorRule = "required" | "optional";

export type CallerParts = SessionParts & {
  readonly storage: SessionParts["storage"] & Pick<Storage, "findAccessToken" | "touchAccessToken">;
  readonly consoleUrl: string;
  readonly secondFactor: SecondFactorRule;
};

export type IdentifyCaller = (request: HttpRequest, isChange: boolean) => Promise<Caller | Refusal>;

const touchSeconds = 60;

/** Who makes the request: by an access token, or by the session of a browser; never by what the body says. */
export function createIdentifyCaller(parts: CallerParts): IdentifyCaller {
  const sessions = createSessions(parts);
  return async (request, isChange) => {
    const hasCookie = hasSessionCookie(request);
    if (request.authorization.length > 0) {
      return hasCookie
        ? refuse("INVALID_REQUEST", "A request must have an access token or a session, not both.")
        : identifyByToken(parts, request);
    }
    const held = hasCookie ? await sessions.find(request) : undefined;
    if (held === undefined || held.session.state === "pending") return refuseUnauthenticated("no live session");
    const forged = isChange ? checkConsoleRequest(request, parts.consoleUrl) : undefined;
    if (forged !== undefined) return forged;
    const { session, administrator } = held;
    await sessions.touch(session);
    const via = { kind: "session", session, isSteppedUp: sessions.isSteppedUp(session) } as const;
    return { administrator, via, lacksSecondFactor: lacksSecondFactor(administrator, parts.secondFactor) };
  };
}

async function identifyByToken(parts: CallerParts, request: HttpRequest): Promise<Caller | Refusal> {
  const { storage, nowSeconds, secondFactor } = parts;
  const bearer = parseBearer(request.authorization, "");
  const digest = isRefusal(bearer) ? undefined : digestToken(bearer, "admin");
  const found = digest === undefined ? undefined : await storage.findAccessToken(digest);
  if (found === undefined) return refuseUnauthenticated("unknown access token");
  const { token, administrator } = found;
  if (token.expiresAt <= nowSeconds()) return refuseUnauthenticated(`access token ${token.id} is over`);
  if (administrator.state !== "enabled") return refuseUnauthenticated(`owner of access token ${token.id} is disabled`);
  if (nowSeconds() - (token.lastUsedAt ?? 0) >= touchSeconds) await storage.touchAccessToken(token.id, nowSeconds());
  const via = { kind: "access-token", token } as const;
  return { administrator, via, lacksSecondFactor: lacksSecondFactor(administrator, secondFactor) };
}

/** What an OpenID provider vouches for has the factors that the provider asks for. */
function lacksSecondFactor(administrator: Administrator, rule: SecondFactorRule): boolean {
  return rule === "required" && administrator.sso === undefined && !hasSecondFactor(administrator);
}

export function hasSecondFactor({ hasTotp, passkeyCount }: Administrator): boolean {
  return hasTotp || passkeyCount > 0;
}

/** One answer for whatever is wrong with a token or a session; only the log tells them apart. */
function refuseUnauthenticated(reason: string): Refusal {
  return refuse("UNAUTHENTICATED", "Sign in, or send a valid access token.", reason, { headers: challenge });
}

/** For a session that was live when the request began. */
export function refuseEnded(): Refusal {
  return refuseUnauthenticated("the session was ended meanwhile");
}

/** one answer for an unknown address, a wrong password, and an administrator who is disabled or only invited. */
export function refuseSignIn(reason: string): Refusal {
  return refuse("UNAUTHENTICATED", "Sign-in failed.", reason, { headers: challenge });
}

/** RFC 9110 §15.5.2: a 401 names a scheme. */
const challenge = { "www-authenticate": "Bearer" };
