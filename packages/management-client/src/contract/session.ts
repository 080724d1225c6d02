import { z } from "zod";
import { membership } from "./administrators.ts";
import { defineOperations, instant, name, uuid } from "./operation.ts";

const passkey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});

/** Who is signed in, and what they still have to do. */
const session = z.object({
  administrator: z.object({
    id: uuid,
    email: z.string(),
    name: z.string(),
    platformRole: z.enum(["owner"]).nullable(),
    memberships: z.array(membership),
  }),
  factors: z.object({
    hasPassword: z.boolean(),
    hasTotp: z.boolean(),
    passkeys: z.array(passkey),
    recoveryCodesLeft: z.int(),
  }),
  mustEnrolSecondFactor: z
    .boolean()
    .describe("Until there is a second factor, all that an administrator or owner may is refused with 403"),
  steppedUpUntil: instant.nullable().describe("Until then, what needs step-up is done without asking again"),
  expiresAt: instant,
  isSandbox: z.boolean(),
  issuer: z.string(),
});

export type Session = z.infer<typeof session>;

const signInOptions = z.object({
  isSetupOpen: z.boolean().describe("There is no administrator yet"),
  sso: z.object({ name: z.string(), startPath: z.string() }).nullable(),
  isSandbox: z.boolean(),
});

export type SignInOptions = z.infer<typeof signInOptions>;

export const secondFactors = ["totp", "passkey", "recovery-code"] as const;

const signInAnswer = z.object({
  state: z.enum(["signed-in", "second-factor-required"]),
  secondFactors: z.array(z.enum(secondFactors)).describe("Those that the administrator has"),
});

export type SignInAnswer = z.infer<typeof signInAnswer>;

const ownSession = z.object({
  id: z.string(),
  isCurrent: z.boolean(),
  createdAt: instant,
  lastSeenAt: instant,
  source: z.string(),
  userAgent: z.string(),
});

export type OwnSession = z.infer<typeof ownSession>;

/** WebAuthn options and answers as JSON, as browsers and @simplewebauthn write them. */
const webAuthn = z.record(z.string(), z.unknown());
const password = z.string().min(1).max(1024);
const code = z.string().min(1).max(64);
const recoveryCodes = z.array(z.string()).describe("Shown this once; each signs in once instead of a second factor");

const proof = {
  password: password.optional(),
  totp: code.optional(),
  recoveryCode: code.optional(),
  passkey: webAuthn.optional().describe("The browser's answer to a passkey challenge"),
};

export const sessionOperations = defineOperations({
  "GET /api/sign-in-options": {
    summary: "How one signs in here",
    noun: "session",
    access: "anybody",
    status: 200,
    answer: signInOptions,
  },
  "POST /api/setup": {
    summary: "Create the first administrator with the setup token; 404 for ever after",
    noun: "session",
    access: "anybody",
    body: z.object({ token: z.string().max(200), email: z.email().max(254), name, password }),
    status: 201,
    answer: signInAnswer,
  },
  "POST /api/invitations/acceptance": {
    summary: "Accept an invitation: set name and password, and be signed in",
    noun: "session",
    access: "anybody",
    body: z.object({ token: z.string().max(200), name, password }),
    status: 201,
    answer: signInAnswer,
  },
  "POST /api/session": {
    summary: "Sign in with e-mail address and password",
    noun: "session",
    access: "anybody",
    body: z.object({ email: z.string().max(254), password }),
    status: 200,
    answer: signInAnswer,
  },
  "POST /api/session/second-factor": {
    summary: "Finish a sign-in with one second factor",
    noun: "session",
    access: "anybody",
    body: z.object({ totp: proof.totp, recoveryCode: proof.recoveryCode, passkey: proof.passkey }),
    status: 200,
    answer: signInAnswer,
  },
  "POST /api/session/passkey-challenge": {
    summary: "A challenge for a passkey: to sign in without a password, as a second factor, or for step-up",
    noun: "session",
    access: "anybody",
    body: z.object({}),
    status: 200,
    answer: webAuthn,
  },
  "POST /api/session/passkey": {
    summary: "Sign in with a passkey alone",
    noun: "session",
    access: "anybody",
    body: z.object({ passkey: webAuthn }),
    status: 200,
    answer: signInAnswer,
  },
  "GET /api/session": {
    summary: "Who is signed in",
    noun: "session",
    access: "signed-in",
    status: 200,
    answer: session,
  },
  "DELETE /api/session": {
    summary: "Sign out",
    noun: "session",
    access: "signed-in",
    sessionOnly: true,
    status: 204,
  },
  "POST /api/session/step-up": {
    summary: "Prove who you are again, by one factor of the strongest kind you have",
    noun: "session",
    access: "signed-in",
    sessionOnly: true,
    body: z.object(proof),
    status: 200,
    answer: session,
  },
  "GET /api/sessions": {
    summary: "List the caller's own sessions",
    noun: "session",
    access: "signed-in",
    sessionOnly: true,
    status: 200,
    answer: z.object({ items: z.array(ownSession) }),
  },
  "DELETE /api/sessions/:sessionId": {
    summary: "End one of the caller's own sessions",
    noun: "session",
    access: "signed-in",
    sessionOnly: true,
    params: z.object({ sessionId: z.string().max(100) }),
    status: 204,
  },
  "PUT /api/password": {
    summary: "Change the caller's own password; every other session ends",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({ password }),
    status: 204,
  },
  "POST /api/totp": {
    summary: "Begin to enrol an authenticator app",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({}),
    status: 200,
    answer: z.object({ secret: z.string().describe("Base32"), uri: z.string().describe("otpauth://…") }),
  },
  "PUT /api/totp": {
    summary: "Finish enrolling an authenticator app with a code of it",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({ code }),
    status: 200,
    answer: z.object({ recoveryCodes: recoveryCodes.nullable().describe("null where there are some already") }),
  },
  "DELETE /api/totp": {
    summary: "Remove the authenticator app",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    status: 204,
  },
  "POST /api/passkeys/challenge": {
    summary: "Begin to enrol a passkey",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({}),
    status: 200,
    answer: webAuthn,
  },
  "POST /api/passkeys": {
    summary: "Finish enrolling a passkey",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({ name, passkey: webAuthn }),
    status: 201,
    answer: z.object({ passkey, recoveryCodes: recoveryCodes.nullable() }),
  },
  "DELETE /api/passkeys/:passkeyId": {
    summary: "Remove a passkey",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    params: z.object({ passkeyId: z.string().max(1500) }),
    status: 204,
  },
  "POST /api/recovery-codes": {
    summary: "Make new recovery codes; the former ones end",
    noun: "session",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({}),
    status: 200,
    answer: z.object({ recoveryCodes }),
  },
});
