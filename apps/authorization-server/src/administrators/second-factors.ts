import { type Refusal, refuse } from "@biped/protocol";
import { type OpaqueKey, open, rewrap, seal } from "../signing/envelope.ts";
import type { Administrator } from "../storage/administration.ts";
import type { Author, Storage } from "../storage/storage.ts";
import type { Passkeys, WebAuthnJson } from "./passkeys.ts";
import { digestRecoveryCode } from "./recovery-codes.ts";
import { findTotpStep } from "./totp.ts";

/** As the contract has it: one of the members, whichever the administrator uses. */
export type Proof = {
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
  readonly passkey?: WebAuthnJson | undefined;
};

export type SecondFactorParts = {
  readonly storage: Pick<Storage, "findTotp" | "useTotpStep" | "useRecoveryCode">;
  readonly kek: OpaqueKey;
  readonly nowSeconds: () => number;
  readonly passkeys: Passkeys;
};

export type VerifySecondFactor = (administrator: Administrator, proof: Proof, author: Author) => Promise<boolean>;

/** Each proof is good once: a time step, a recovery code and a challenge are used up in the store. */
export function createVerifySecondFactor(parts: SecondFactorParts): VerifySecondFactor {
  const { storage, passkeys } = parts;
  return async (administrator, { totp, recoveryCode, passkey }, author) => {
    if (totp !== undefined) {
      const step = administrator.hasTotp ? await findEnrolledStep(parts, administrator.id, totp) : undefined;
      return step !== undefined && storage.useTotpStep(administrator.id, step);
    }
    if (recoveryCode !== undefined) {
      return storage.useRecoveryCode(administrator.id, digestRecoveryCode(recoveryCode), author);
    }
    return passkey !== undefined && (await passkeys.verify(passkey, administrator.id)) !== undefined;
  };
}

/** The time step of a code of the administrator's authenticator app, confirmed or not. */
export async function findEnrolledStep(
  { storage, kek, nowSeconds }: Pick<SecondFactorParts, "storage" | "kek" | "nowSeconds">,
  administratorId: string,
  code: string,
): Promise<number | undefined> {
  const enrolment = await storage.findTotp(administratorId);
  if (enrolment === undefined) return undefined;
  return findTotpStep(open(enrolment.sealed, totpUse(administratorId), kek), code, nowSeconds());
}

export function sealTotpSecret(secret: Uint8Array, administratorId: string, kek: OpaqueKey): string {
  return seal(secret, totpUse(administratorId), kek);
}

/** The same envelope under the KEK instead of a former one; undefined where it is so already. */
export function rewrapTotpSecret(sealed: string, administratorId: string, kek: OpaqueKey): string | undefined {
  try {
    return rewrap(sealed, totpUse(administratorId), kek);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown cause";
    throw new Error(`The second factor of administrator ${administratorId} cannot be opened: ${why}.`, { cause });
  }
}

/** Bound to its administrator, so that an envelope that is moved to another row does not open. */
function totpUse(administrator: string) {
  return { use: "totp", administrator };
}

/** Exactly one, so that a request cannot try several at the price of one. */
export function checkOneProof(proof: Readonly<Record<string, unknown>>): Refusal | undefined {
  const count = Object.values(proof).filter((value) => value !== undefined).length;
  return count === 1 ? undefined : refuse("INVALID_REQUEST", "The body must have exactly one proof.");
}
