import type { HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { parseName } from "../management/text-rules.ts";
import type { Handlers, ManagementAnswer, ManagementRequest } from "../management-api/handlers.ts";
import type { FactorAuthor } from "../storage/administration.ts";
import type { Caller } from "./caller.ts";
import { hasSecondFactor } from "./identify-caller.ts";
import { formatPasskey } from "./own-session-handlers.ts";
import { findEnrolledStep, sealTotpSecret } from "./second-factors.ts";
import { createOwnAuthor } from "./session.ts";
import {
  createFirstRecoveryCodes,
  createNewRecoveryCodes,
  type MadeSignInParts,
  refuseOfProvider,
  sessionOf,
} from "./sign-in-parts.ts";
import { formatBase32, formatTotpUri, totpSecretBytes } from "./totp.ts";

export type FactorOperation =
  | "POST /api/totp"
  | "PUT /api/totp"
  | "DELETE /api/totp"
  | "POST /api/passkeys/challenge"
  | "POST /api/passkeys"
  | "DELETE /api/passkeys/:passkeyId"
  | "POST /api/recovery-codes";

const maxPasskeys = 20;

/** Enrolling and removing second factors. Each change ends the other sessions of the administrator. */
export function createFactorHandlers(parts: MadeSignInParts): Handlers<FactorOperation> {
  const { storage, passkeys } = parts;
  return {
    "POST /api/totp": (request) => beginTotp(parts, request),
    "PUT /api/totp": (request) => confirmTotp(parts, request),
    "DELETE /api/totp": async ({ caller, http }) => {
      const isRemoved = await storage.removeTotp(caller.administrator.id, createFactorAuthor(parts, caller, http));
      return isRemoved ? { body: undefined } : refuse("NOT_FOUND", "There is no authenticator app.");
    },
    "POST /api/passkeys/challenge": async ({ caller: { administrator } }) => {
      const refusal = refuseOfProvider(administrator) ?? checkPasskeyCount(administrator.passkeyCount);
      return refusal ?? { body: await passkeys.challengeToEnrol(administrator) };
    },
    "POST /api/passkeys": (request) => addPasskey(parts, request),
    "DELETE /api/passkeys/:passkeyId": async ({ caller, params, http }) => {
      const { id } = caller.administrator;
      const isRemoved = await storage.removePasskey(id, params.passkeyId, createFactorAuthor(parts, caller, http));
      return isRemoved ? { body: undefined } : refuse("NOT_FOUND", "There is no such passkey.");
    },
    "POST /api/recovery-codes": async ({ caller: { administrator }, http }) => {
      if (!hasSecondFactor(administrator)) {
        return refuse("CONFLICT", "Recovery codes need a passkey or an authenticator app that they stand in for.");
      }
      return { body: { recoveryCodes: [...(await createNewRecoveryCodes(parts, administrator.id, http))] } };
    },
  };
}

async function beginTotp(
  { storage, kek, randomBytes }: MadeSignInParts,
  { caller: { administrator } }: ManagementRequest<"POST /api/totp">,
): Promise<ManagementAnswer<"POST /api/totp"> | Refusal> {
  const refusal = refuseOfProvider(administrator);
  if (refusal !== undefined) return refusal;
  const secret = randomBytes(totpSecretBytes);
  const isBegun = await storage.beginTotp(administrator.id, sealTotpSecret(secret, administrator.id, kek));
  if (!isBegun) return refuse("CONFLICT", "There is an authenticator app already; remove it first.");
  return { body: { secret: formatBase32(secret), uri: formatTotpUri(secret, administrator.email) } };
}

/** The code that confirms is used up, as it would be at sign-in. */
async function confirmTotp(
  parts: MadeSignInParts,
  { caller, body, http }: ManagementRequest<"PUT /api/totp">,
): Promise<ManagementAnswer<"PUT /api/totp"> | Refusal> {
  const { id, hasTotp } = caller.administrator;
  if (hasTotp) return refuse("CONFLICT", "There is an authenticator app already; remove it first.");
  const step = await findEnrolledStep(parts, id, body.code);
  if (step === undefined) return refuse("INVALID_REQUEST", "code is not what the authenticator app shows now.");
  const isConfirmed = await parts.storage.confirmTotp(id, step, createFactorAuthor(parts, caller, http));
  if (!isConfirmed)
    return refuse("CONFLICT", "The enrolment was finished or replaced meanwhile, or your session has ended.");
  const recoveryCodes = await createFirstRecoveryCodes(parts, id, http);
  return { body: { recoveryCodes: recoveryCodes && [...recoveryCodes] } };
}

async function addPasskey(
  parts: MadeSignInParts,
  { caller, body, http }: ManagementRequest<"POST /api/passkeys">,
): Promise<ManagementAnswer<"POST /api/passkeys"> | Refusal> {
  const { administrator } = caller;
  const name = parseName("name", body.name);
  if (isRefusal(name)) return name;
  const refusal = refuseOfProvider(administrator) ?? checkPasskeyCount(administrator.passkeyCount);
  if (refusal !== undefined) return refusal;
  const passkey = await parts.passkeys.readEnrolment(administrator, { name, answer: body.passkey });
  if (passkey === undefined) return refuse("INVALID_REQUEST", "passkey is not the answer to a challenge of now.");
  const author = createFactorAuthor(parts, caller, http);
  if (!(await parts.storage.addPasskey(passkey, author)))
    return refuse("CONFLICT", "This passkey is known already, or your session has ended.");
  const recoveryCodes = await createFirstRecoveryCodes(parts, administrator.id, http);
  return { body: { passkey: formatPasskey(passkey), recoveryCodes: recoveryCodes && [...recoveryCodes] } };
}

function createFactorAuthor({ nowSeconds }: MadeSignInParts, caller: Caller, http: HttpRequest): FactorAuthor {
  return {
    ...createOwnAuthor(caller.administrator.id, nowSeconds(), http),
    keptSession: sessionOf(caller).digest,
  };
}

function checkPasskeyCount(count: number): Refusal | undefined {
  return count < maxPasskeys ? undefined : refuse("LIMIT_REACHED", `There are ${maxPasskeys} passkeys already.`);
}
