import { verifier } from "#verifier";
import { createGuardOn, type Guard } from "./guard.ts";
import type { GuardOptions } from "./guard-options.ts";

/**
 * A guard for one API on one cloud. Throws at once where its options are wrong.
 * It does NOT notice that a token was revoked before its end.
 */
export function createGuard(options: GuardOptions): Guard {
  return createGuardOn(verifier, options);
}

export { isRefusal, type Refusal } from "@biped/protocol";
export type { Guard, TokenRequest } from "./guard.ts";
export type { GuardEvent, GuardOptions } from "./guard-options.ts";
export type { Requirement } from "./requirement.ts";
export type { AccessToken } from "./verification.ts";
