/** Signing in by an OpenID provider: authorization code with PKCE, state and nonce. */

import { createHash } from "node:crypto";
import type { Answer, Endpoint, HttpRequest, Routes } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import * as openid from "openid-client";
import type { SsoConfig } from "../config.ts";
import { parseName } from "../management/text-rules.ts";
import { createUuid } from "../management/uuid.ts";
import type { SsoAttempt } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";
import { normalizeEmail } from "./email.ts";
import { createSessions, formatCookieHeaders, type SessionParts, type Sessions } from "./session.ts";
import { readCookies } from "./session-cookie.ts";
import { createSignInLimit } from "./sign-in-limit.ts";
import { openProvider, type Provider } from "./sso-provider.ts";
import { digestText } from "./token-digest.ts";

export type SsoSettings = Omit<SsoConfig, "clientSecretFile"> & { readonly clientSecret: string };

export type SsoParts = SessionParts & {
  readonly storage: SessionParts["storage"] & Pick<Storage, "applySso" | "endSso" | "addSsoAttempt" | "takeSsoAttempt">;
  readonly settings: SsoSettings;
  readonly consoleUrl: string;
  readonly monotonicSeconds: () => number;
};

export type Sso = {
  readonly name: string;
  readonly startPath: string;
  /** `?fresh=1` at the start asks people for their password again, as step-up needs. */
  readonly routes: Routes;
};

/** What the sign-in page is told, in its own words; the log knows more. */
export type SsoProblem =
  | "sso-failed"
  | "sso-expired"
  | "sso-unavailable"
  | "sso-no-role"
  | "sso-email-taken"
  | "sso-disabled";

const startPath = "/sso/start";
const callbackPath = "/sso/callback";
const attemptSeconds = 10 * 60;
const attemptCookie = "__Host-biped-sso";
/** No longer than a session: whoever was asked by the provider before that is asked again. */
const maxAgeSeconds = 12 * 3600;

/** @throws Error where the issuer is neither https nor on this machine. */
export function createSso(parts: SsoParts): Sso {
  const provider = openProvider(parts.settings, parts.nowSeconds);
  const sessions = createSessions(parts);
  return {
    name: parts.settings.name,
    startPath,
    routes: {
      [startPath]: { GET: createStart(parts, provider) },
      [callbackPath]: { GET: createCallback(parts, provider, sessions) },
    },
  };
}

function createStart(parts: SsoParts, provider: Provider): Endpoint {
  const { storage, consoleUrl, nowSeconds, randomBytes } = parts;
  const limit = createSignInLimit(parts.monotonicSeconds);
  return async (request) => {
    const spent = limit.spend(request.source);
    if (spent !== undefined) return spent;
    const [state, nonce, codeVerifier] = [1, 2, 3].map(() => Buffer.from(randomBytes(32)).toString("base64url"));
    if (state === undefined || nonce === undefined || codeVerifier === undefined) throw new Error("No chance left.");
    const isFresh = new URLSearchParams(request.query).get("fresh") === "1";
    const url = await provider.ask((configuration) =>
      openid.buildAuthorizationUrl(configuration, {
        redirect_uri: `${consoleUrl}${callbackPath}`,
        scope: "openid email profile",
        state,
        nonce,
        code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
        code_challenge_method: "S256",
        // Makes the provider tell when it last asked the person, which is as old as the proof is.
        max_age: String(isFresh ? 0 : maxAgeSeconds),
        ...(isFresh ? { prompt: "login" } : {}),
      }),
    );
    if ("failure" in url) return redirectProblem("sso-unavailable", url.failure);
    const expiresAt = nowSeconds() + attemptSeconds;
    await storage.addSsoAttempt({ stateDigest: digestText(state), nonce, codeVerifier, expiresAt });
    return redirect(url.value.href, formatAttemptCookie(state));
  };
}

/** Lax, as the browser comes back from another site. It needs no ending: its attempt is used up. */
function formatAttemptCookie(state: string): string {
  return `${attemptCookie}=${state}; Max-Age=${attemptSeconds}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

function createCallback(parts: SsoParts, provider: Provider, sessions: Sessions): Endpoint {
  return async (request) => {
    const state = readOwnState(request);
    const attempt = state && (await parts.storage.takeSsoAttempt(digestText(state), parts.nowSeconds()));
    if (state === undefined || !attempt) return redirectProblem("sso-expired", "no such attempt of this browser");
    const claims = await readClaims(parts, provider, { request, state, attempt });
    if ("failure" in claims) return redirectProblem("sso-failed", claims.failure);
    const roles = mapRoles(parts.settings, claims.value);
    const { issuer } = parts.settings;
    const person = { ...describePerson(claims.value), id: createUuid(parts.randomBytes), issuer };
    const author = { at: parts.nowSeconds(), actor: "system", requestId: request.id, source: request.source };
    if (!roles.isPlatformOwner && roles.memberships.length === 0) {
      await parts.storage.endSso(person, author);
      return redirectProblem("sso-no-role", "no mapped role");
    }
    const administrator = await parts.storage.applySso({ ...person, ...roles }, author);
    if (administrator === "email taken") return redirectProblem("sso-email-taken", "another origin has the address");
    if (administrator.state !== "enabled") return redirectProblem("sso-disabled", `${administrator.id} is disabled`);
    const provedAt = readProofTime(claims.value, parts.nowSeconds());
    const { cookie } = await sessions.start(
      { administratorId: administrator.id, state: "complete", provedAt },
      request,
    );
    return redirect("/", cookie);
  };
}

/** The state, if this browser is the one that began: the cookie has it, and nobody else can have set it. */
function readOwnState(request: HttpRequest): string | undefined {
  const [state, ...others] = new URLSearchParams(request.query).getAll("state");
  const [held, ...further] = readCookies(request, attemptCookie);
  const isOne = others.length === 0 && further.length === 0;
  return isOne && state !== undefined && state !== "" && state === held ? state : undefined;
}

type Callback = { readonly request: HttpRequest; readonly state: string; readonly attempt: SsoAttempt };

/** The claims of a valid ID token of exactly this issuer, for this attempt. */
function readClaims({ consoleUrl, settings }: SsoParts, provider: Provider, { request, state, attempt }: Callback) {
  return provider.ask(async (configuration) => {
    const url = new URL(`${consoleUrl}${callbackPath}?${request.query}`);
    const checks = { expectedState: state, expectedNonce: attempt.nonce, pkceCodeVerifier: attempt.codeVerifier };
    const tokens = await openid.authorizationCodeGrant(configuration, url, { ...checks, idTokenExpected: true });
    const claims = tokens.claims();
    if (claims?.iss !== settings.issuer) throw new Error("The ID token is of another issuer.");
    return claims;
  });
}

/** Roles come from the values that are listed, whatever else the claim holds. */
function mapRoles({ roleClaim, roles }: SsoSettings, claims: openid.IDToken) {
  const claim = Object.hasOwn(claims, roleClaim) ? claims[roleClaim] : undefined;
  const values = (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === "string");
  const mapped = values.flatMap((value) => roles.get(value) ?? []);
  return {
    isPlatformOwner: mapped.includes("platform"),
    memberships: mapped.filter((role) => role !== "platform"),
  };
}

/** The address and the name are what people read; the person is the subject. */
function describePerson({ sub, email, email_verified: isVerified, name }: openid.IDToken) {
  const told = typeof email === "string" && isVerified !== false ? normalizeEmail(email) : "";
  const address = told === "" ? sub : told;
  const named = parseName("name", typeof name === "string" ? name : "");
  return { subject: sub, email: address, name: isRefusal(named) ? address.slice(0, 200) : named };
}

/** Undefined where the provider does not say: step-up asks again then. */
function readProofTime({ auth_time: time }: openid.IDToken, now: number): number | undefined {
  return typeof time === "number" && Number.isSafeInteger(time) ? Math.min(time, now) : undefined;
}

function redirect(location: string, cookie: string): Answer {
  return { status: 303, body: undefined, headers: { location, ...formatCookieHeaders(cookie) } };
}

function redirectProblem(problem: SsoProblem, reason: string): Answer {
  const headers = { location: `/sign-in?problem=${problem}` };
  return { status: 303, body: undefined, headers, log: { errorCode: problem, reason } };
}
