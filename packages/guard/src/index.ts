import { verifier } from "#verifier";
import { createGuardOn, type Guard } from "./guard.ts";
import type { GuardOptions } from "./guard-options.ts";

/** A guard for one API on one cloud. Throws at once where its options are wrong. */
export function createGuard(options: GuardOptions): Guard {
  return createGuardOn(verifier, options);
}

export { type Footing, isRefusal, type Refusal } from "@biped/protocol";
export type { Guard, TokenRequest } from "./guard.ts";
export type { GuardDocument, GuardEvent, GuardOptions } from "./guard-options.ts";
export type { Requirement } from "./requirement.ts";
export type { RevocationRules, RevocationStatus } from "./revocations.ts";
export type { AccessToken } from "./verification.ts";
