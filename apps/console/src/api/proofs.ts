import type { Session } from "@biped/management-client";

export type ProofKind = "passkey" | "totp" | "password";

/** The service takes one factor of the strongest kind that the person has: a second factor before the password. */
export function findProofs({ passkeys, hasTotp }: Session["factors"]): readonly ProofKind[] {
  const seconds = [passkeys.length > 0 && "passkey", hasTotp && "totp"] as const;
  const held = seconds.filter((kind) => kind !== false);
  return held.length === 0 ? ["password"] : held;
}
