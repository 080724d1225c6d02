import type { HttpRequest } from "@biped/listener";
import type { Noun, OperationName, Operations, SignInAnswer } from "@biped/management-client";
import { type Refusal, refuse } from "@biped/protocol";
import type { OpaqueKey } from "../signing/envelope.ts";
import type { Administrator, Session } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";
import type { Caller } from "./caller.ts";
import { hasSecondFactor, type SecondFactorRule } from "./identify-caller.ts";
import type { Passkeys } from "./passkeys.ts";
import type { Passwords } from "./password.ts";
import { createRecoveryCodes, digestRecoveryCode } from "./recovery-codes.ts";
import type { VerifySecondFactor } from "./second-factors.ts";
import { createOwnAuthor, type Sessions } from "./session.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

export type SignInParts = {
  readonly storage: Storage;
  readonly kek: OpaqueKey;
  readonly passwords: Passwords;
  readonly nowSeconds: () => number;
  readonly monotonicSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly consoleUrl: string;
  readonly issuer: string;
  readonly isSandbox: boolean;
  readonly secondFactor: SecondFactorRule;
  /** What the sign-in page says of the OpenID provider, if there is one. */
  readonly sso: { readonly name: string; readonly startPath: string } | undefined;
};

/** With what `createSessionHandlers` makes of them. */
export type MadeSignInParts = SignInParts & {
  readonly sessions: Sessions;
  readonly limit: SignInLimit;
  readonly passkeys: Passkeys;
  readonly verifySecondFactor: VerifySecondFactor;
};

/** What every way of signing in answers, with the cookie. */
export type SignedIn = { readonly body: SignInAnswer; readonly headers: Readonly<Record<string, string>> };

/** The operations of the contract with these nouns. */
export type OperationsOf<Nouns extends Noun> = {
  [Name in OperationName]: Operations[Name]["noun"] extends Nouns ? Name : never;
}[OperationName];

/** Of an operation that the contract keeps to sessions. @throws Error where the frame let a token through. */
export function sessionOf({ via }: Caller): Session {
  if (via.kind !== "session") throw new Error("An operation for sessions alone was called with an access token.");
  return via.session;
}

export async function listSecondFactors({ storage }: Pick<SignInParts, "storage">, administrator: Administrator) {
  if (!hasSecondFactor(administrator)) return [];
  const codes = await storage.countRecoveryCodes(administrator.id);
  return [
    ...(administrator.passkeyCount > 0 ? (["passkey"] as const) : []),
    ...(administrator.hasTotp ? (["totp"] as const) : []),
    ...(codes > 0 ? (["recovery-code"] as const) : []),
  ];
}

/** Codes for one who has none yet, shown with the first factor; null for one who has some. */
export async function createFirstRecoveryCodes(
  parts: Pick<SignInParts, "storage" | "randomBytes" | "nowSeconds">,
  administratorId: string,
  request: HttpRequest,
): Promise<readonly string[] | null> {
  const count = await parts.storage.countRecoveryCodes(administratorId);
  return count > 0 ? null : createNewRecoveryCodes(parts, administratorId, request);
}

export async function createNewRecoveryCodes(
  { storage, randomBytes, nowSeconds }: Pick<SignInParts, "storage" | "randomBytes" | "nowSeconds">,
  administratorId: string,
  request: HttpRequest,
): Promise<readonly string[]> {
  const codes = createRecoveryCodes(randomBytes);
  const author = createOwnAuthor(administratorId, nowSeconds(), request);
  await storage.setRecoveryCodes(administratorId, codes.map(digestRecoveryCode), author);
  return codes;
}

/**
 * A password or factor of our own would let somebody in whom the provider has let go, so that there are none beside it.
 */
export function refuseOfProvider({ sso }: Administrator): Refusal | undefined {
  if (sso === undefined) return undefined;
  return refuse("CONFLICT", "You sign in by your organisation's provider; passwords and factors are kept there.");
}
