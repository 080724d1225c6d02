import type { HttpRequest } from "@biped/listener";
import type { Administrator, Session } from "../storage/administration.ts";
import type { Author, Storage } from "../storage/storage.ts";
import { createSessionValue, endedSessionCookie, formatSessionCookie, readSessionCookie } from "./session-cookie.ts";
import { digestText } from "./token-digest.ts";

const idleSeconds = 30 * 60;
const absoluteSeconds = 12 * 3600;
const pendingSeconds = 10 * 60;
const stepUpSeconds = 5 * 60;
const touchSeconds = 60;
const userAgentLength = 200;

export type HeldSession = { readonly session: Session; readonly administrator: Administrator };

export type SessionParts = {
  readonly storage: Pick<
    Storage,
    | "createSession"
    | "completeSession"
    | "renewSession"
    | "findSession"
    | "touchSession"
    | "listSessions"
    | "endSession"
  >;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
};

export type SignedInPerson = Pick<Session, "administratorId" | "state"> & {
  /** When identity was proved; undefined where a provider did not say. */
  readonly provedAt: number | undefined;
};

export type StartedSession = { readonly cookie: string; readonly session: Session };

/** What a browser holds is a new value at each gain of trust, so that one from before is worth nothing (fixation). */
export type Sessions = {
  /** Ends the session that the request came with. @returns the cookie and the session. */
  readonly start: (person: SignedInPerson, request: HttpRequest) => Promise<StartedSession>;
  /** The same after a password; undefined if it is not the password any more, or the administrator not enabled. */
  readonly startByPassword: (
    person: SignedInPerson & Pick<Administrator, "passwordHash">,
    request: HttpRequest,
  ) => Promise<StartedSession | undefined>;
  /** The cookie of a pending session that is complete from now on; undefined if it has ended. */
  readonly complete: (held: HeldSession, request: HttpRequest) => Promise<string | undefined>;
  readonly stepUp: (session: Session) => Promise<{ readonly cookie: string; readonly session: Session } | undefined>;
  /** Of the request's cookie, in either state, if it is live and its administrator enabled. */
  readonly find: (request: HttpRequest) => Promise<HeldSession | undefined>;
  /** Notes that it was used, once a minute at most. */
  readonly touch: (session: Session) => Promise<void>;
  readonly listLive: (administratorId: string) => Promise<readonly Session[]>;
  readonly isSteppedUp: (session: Session) => boolean;
};

export function createSessions(parts: SessionParts): Sessions {
  const { storage, nowSeconds } = parts;
  const isLive = (session: Session): boolean =>
    nowSeconds() < session.expiresAt && nowSeconds() - session.lastSeenAt < idleSeconds;
  const find: Sessions["find"] = async (request) => {
    const value = readSessionCookie(request);
    const held = value === undefined ? undefined : await storage.findSession(digestText(value));
    return held !== undefined && isLive(held.session) && held.administrator.state === "enabled" ? held : undefined;
  };
  return {
    ...createGains(parts, find),
    find,
    touch: async ({ digest, lastSeenAt }) => {
      if (nowSeconds() - lastSeenAt >= touchSeconds) await storage.touchSession(digest, nowSeconds());
    },
    listLive: async (administratorId) =>
      (await storage.listSessions(administratorId)).filter((own) => own.state === "complete" && isLive(own)),
    isSteppedUp: ({ steppedUpAt }) => steppedUpAt !== undefined && nowSeconds() < steppedUpAt + stepUpSeconds,
  };
}

/** The three moments at which a session is worth more than before. */
function createGains(
  { storage, nowSeconds, randomBytes }: SessionParts,
  find: Sessions["find"],
): Pick<Sessions, "start" | "startByPassword" | "complete" | "stepUp"> {
  const prepare = async ({ administratorId, state, provedAt }: SignedInPerson, request: HttpRequest) => {
    const former = await find(request);
    if (former !== undefined) await storage.endSession(former.administrator.id, former.session.digest);
    const value = createSessionValue(randomBytes);
    const session = createSession({ administratorId, state, provedAt, value, at: nowSeconds() }, request);
    const author = createOwnAuthor(administratorId, session.createdAt, request);
    return { author, started: { cookie: formatSessionCookie(value), session } };
  };
  return {
    start: async (person, request) => {
      const { author, started } = await prepare(person, request);
      await storage.createSession(started.session, author);
      return started;
    },
    startByPassword: async (person, request) => {
      const { author, started } = await prepare(person, request);
      const isStarted = await storage.createSession(started.session, author, person);
      return isStarted ? started : undefined;
    },
    complete: async ({ session, administrator }, request) => {
      const value = createSessionValue(randomBytes);
      const next = { digest: digestText(value), expiresAt: nowSeconds() + absoluteSeconds };
      const author = createOwnAuthor(administrator.id, nowSeconds(), request);
      const isDone = await storage.completeSession(session.digest, next, author);
      return isDone ? formatSessionCookie(value) : undefined;
    },
    stepUp: async (session) => {
      const value = createSessionValue(randomBytes);
      const next = { digest: digestText(value), steppedUpAt: nowSeconds() };
      const isDone = await storage.renewSession(session.digest, next);
      return isDone ? { cookie: formatSessionCookie(value), session: { ...session, ...next } } : undefined;
    },
  };
}

type NewSession = SignedInPerson & { readonly value: string; readonly at: number };

function createSession({ administratorId, state, provedAt, value, at }: NewSession, request: HttpRequest): Session {
  return {
    digest: digestText(value),
    administratorId,
    state,
    createdAt: at,
    lastSeenAt: at,
    expiresAt: at + (state === "pending" ? pendingSeconds : absoluteSeconds),
    steppedUpAt: provedAt,
    failures: 0,
    source: request.source,
    userAgent: formatUserAgent(request.header("user-agent") ?? ""),
  };
}

/** What people read in the list of their sessions; it decides nothing. */
function formatUserAgent(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "").slice(0, userAgentLength);
}

/** An administrator's change that concerns their own sign-in. Never with an Idempotency-Key: each one counts. */
export function createOwnAuthor(administratorId: string, at: number, { id, source }: HttpRequest): Author {
  return { at, actor: `administrator:${administratorId}`, requestId: id, source };
}

/** Names a session to its owner. It is no way to find the digest, let alone the cookie. */
export function formatSessionId(digest: string): string {
  return digestText(digest).slice(0, 16);
}

/** When it ends if nothing more happens. */
export function findSessionEnd({ expiresAt, lastSeenAt }: Session): number {
  return Math.min(expiresAt, lastSeenAt + idleSeconds);
}

export function findStepUpEnd({ steppedUpAt }: Session): number | undefined {
  return steppedUpAt === undefined ? undefined : steppedUpAt + stepUpSeconds;
}

/** The answer headers that hand a session over, and those that take it away. */
export const formatCookieHeaders = (cookie: string) => ({ "set-cookie": cookie });
export const endedSessionHeaders = formatCookieHeaders(endedSessionCookie);
