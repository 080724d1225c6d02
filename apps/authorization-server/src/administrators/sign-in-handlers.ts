import type { HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";
import { formatNetwork } from "../limits/failure-limit.ts";
import type { Handlers, ManagementRequest } from "../management-api/handlers.ts";
import type { Administrator } from "../storage/administration.ts";
import { checkConsoleRequest } from "./console-request.ts";
import { normalizeEmail } from "./email.ts";
import { createFirstRun } from "./first-run.ts";
import { hasSecondFactor, refuseSignIn } from "./identify-caller.ts";
import { checkOneProof } from "./second-factors.ts";
import { createOwnAuthor, endedSessionHeaders, formatCookieHeaders, type HeldSession } from "./session.ts";
import { guardGuess } from "./sign-in-limit.ts";
import { listSecondFactors, type MadeSignInParts, type SignedIn } from "./sign-in-parts.ts";

export type SignInOperation =
  | "GET /api/sign-in-options"
  | "POST /api/setup"
  | "POST /api/invitations/acceptance"
  | "POST /api/session"
  | "POST /api/session/second-factor"
  | "POST /api/session/passkey-challenge"
  | "POST /api/session/passkey";

/** A session that lacks its second factor ends with the fifth wrong one. */
const secondFactorTries = 5;

/** What anybody may ask before they are signed in. */
export function createSignInHandlers(parts: MadeSignInParts): Handlers<SignInOperation> {
  const { consoleUrl, limit, passkeys, sessions } = parts;
  const firstRun = createFirstRun(parts);
  return {
    "GET /api/sign-in-options": async () => ({
      body: {
        isSetupOpen: await parts.storage.isSetupOpen(),
        sso: parts.sso === undefined ? null : { name: parts.sso.name, startPath: parts.sso.startPath },
        isSandbox: parts.isSandbox,
      },
    }),
    "POST /api/setup": ({ body, http }) => checkConsoleRequest(http, consoleUrl) ?? firstRun.setUp(body, http),
    "POST /api/invitations/acceptance": ({ body, http }) =>
      checkConsoleRequest(http, consoleUrl) ?? firstRun.accept(body, http),
    "POST /api/session": ({ body, http }) => checkConsoleRequest(http, consoleUrl) ?? signIn(parts, body, http),
    "POST /api/session/second-factor": ({ body, http }) =>
      checkConsoleRequest(http, consoleUrl) ?? finishSignIn(parts, body, http),
    "POST /api/session/passkey-challenge": async ({ http }) => {
      const refusal = checkConsoleRequest(http, consoleUrl) ?? limit.spend(http.source);
      if (refusal !== undefined) return refusal;
      const held = await sessions.find(http);
      return { body: await passkeys.challengeToSignIn(held?.administrator) };
    },
    "POST /api/session/passkey": ({ body, http }) =>
      checkConsoleRequest(http, consoleUrl) ?? signInWithPasskey(parts, body, http),
  };
}

type Body<Name extends SignInOperation> = ManagementRequest<Name>["body"];

async function signIn(
  parts: MadeSignInParts,
  { email, password }: Body<"POST /api/session">,
  http: HttpRequest,
): Promise<SignedIn | Refusal> {
  const { storage, passwords, limit } = parts;
  const name = normalizeEmail(email);
  const administrator = await storage.findAdministratorByEmail(name);
  const isOwnSource = () => hasSignedInFrom(parts, administrator, http.source);
  const verdict = await guardGuess(
    limit.begin({ kind: "password", name, source: http.source }, isOwnSource),
    async () => {
      // Compared even when nobody is found, so that all failures take the same work.
      const compared = await passwords.verify(administrator?.passwordHash, password);
      return compared === "wrong" || administrator?.state !== "enabled" ? undefined : compared;
    },
  );
  if (isRefusal(verdict)) return verdict;
  if (verdict === undefined || administrator === undefined) return refuseSignIn(describeFailure(administrator));
  const answer = await startSession(parts, administrator, http);
  if (isRefusal(answer)) return answer;
  if (verdict === "right, weaker") await rehash(parts, administrator, password);
  return answer;
}

/** For the log alone. */
function describeFailure(administrator: Administrator | undefined): string {
  if (administrator === undefined) return "unknown e-mail address";
  const { id, state } = administrator;
  return state === "enabled" ? `wrong password of administrator ${id}` : `administrator ${id} is ${state}`;
}

async function hasSignedInFrom(
  { sessions }: MadeSignInParts,
  administrator: Administrator | undefined,
  source: string,
): Promise<boolean> {
  // Looked for even when nobody is found, so that the wait is told as fast of an address that nobody has.
  const own = await sessions.listLive(administrator?.id ?? "");
  return own.some((session) => formatNetwork(session.source) === formatNetwork(source));
}

/** What was hashed with less than today's parameters is hashed anew while the password is at hand. */
async function rehash(
  { passwords, storage }: MadeSignInParts,
  { id, passwordHash: former }: Administrator,
  password: string,
): Promise<void> {
  const next = await passwords.hash(password);
  if (!isRefusal(next) && former !== undefined) await storage.rehashPassword(id, { former, next });
}

/** After one factor: pending for those who have a second one. */
async function startSession(parts: MadeSignInParts, administrator: Administrator, http: HttpRequest) {
  const state = hasSecondFactor(administrator) ? "pending" : "complete";
  const { id: administratorId, passwordHash } = administrator;
  const person = { administratorId, passwordHash, state, provedAt: parts.nowSeconds() } as const;
  const started = await parts.sessions.startByPassword(person, http);
  if (started === undefined) return refuseSignIn(`administrator ${administratorId} was changed meanwhile`);
  return {
    body: {
      state: state === "pending" ? ("second-factor-required" as const) : ("signed-in" as const),
      secondFactors: await listSecondFactors(parts, administrator),
    },
    headers: formatCookieHeaders(started.cookie),
  };
}

async function finishSignIn(
  parts: MadeSignInParts,
  proof: Body<"POST /api/session/second-factor">,
  http: HttpRequest,
): Promise<SignedIn | Refusal> {
  const held = await parts.sessions.find(http);
  if (held?.session.state !== "pending") return refuseSignIn("no sign-in that waits for a second factor");
  const mistake = checkOneProof(proof);
  if (mistake !== undefined) return mistake;
  const { administrator } = held;
  const guess = { kind: "second-factor", name: administrator.id, source: http.source } as const;
  const isOwnSource = () => hasSignedInFrom(parts, administrator, http.source);
  const cookie = await guardGuess(parts.limit.begin(guess, isOwnSource), async () =>
    (await isSecondFactorRight(parts, held, { proof, http })) ? parts.sessions.complete(held, http) : undefined,
  );
  if (isRefusal(cookie)) return cookie;
  if (cookie === undefined) return refuseSecondFactor(parts, held, http);
  return {
    body: { state: "signed-in", secondFactors: await listSecondFactors(parts, administrator) },
    headers: formatCookieHeaders(cookie),
  };
}

/** Counted before it is looked at, so that tries at the same time are at most five as well. */
async function isSecondFactorRight(
  { storage, verifySecondFactor, nowSeconds }: MadeSignInParts,
  { session, administrator }: HeldSession,
  { proof, http }: { readonly proof: Body<"POST /api/session/second-factor">; readonly http: HttpRequest },
): Promise<boolean> {
  const tries = await storage.countSessionFailure(session.digest);
  if (tries > secondFactorTries) return false;
  return verifySecondFactor(administrator, proof, createOwnAuthor(administrator.id, nowSeconds(), http));
}

async function refuseSecondFactor(
  { storage, sessions }: MadeSignInParts,
  { administrator, session }: HeldSession,
  http: HttpRequest,
): Promise<Refusal> {
  const refusal = refuseSignIn(`wrong second factor of administrator ${administrator.id}`);
  const now = await sessions.find(http);
  if (now !== undefined && now.session.failures < secondFactorTries) return refusal;
  await storage.endSession(administrator.id, session.digest);
  return { ...refusal, headers: { ...refusal.headers, ...endedSessionHeaders } };
}

/** The challenge is of whom the cookie names, or of nobody: both ends of the ceremony go by the same. */
async function signInWithPasskey(
  parts: MadeSignInParts,
  { passkey: answer }: Body<"POST /api/session/passkey">,
  http: HttpRequest,
): Promise<SignedIn | Refusal> {
  const held = await parts.sessions.find(http);
  const passkey = await parts.passkeys.verify(answer, held?.administrator.id);
  const administrator = passkey && (await parts.storage.findAdministrator(passkey.administratorId));
  if (administrator?.state !== "enabled") return refuseSignIn("no passkey of an enabled administrator");
  const person = { administratorId: administrator.id, state: "complete", provedAt: parts.nowSeconds() } as const;
  const { cookie } = await parts.sessions.start(person, http);
  return {
    body: { state: "signed-in", secondFactors: await listSecondFactors(parts, administrator) },
    headers: formatCookieHeaders(cookie),
  };
}
