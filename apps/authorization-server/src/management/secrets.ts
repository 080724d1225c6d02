import { type Refusal, refuse } from "@biped/protocol";
import type { Author, Storage } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";
import { type CredentialWithSecretText, makeSecret, type SecretParts } from "./credentials.ts";

const secondsPerDay = 86_400;
const longestOverlapDays = 30;
/** long enough to bring a new secret to wherever the former one is. */
const usualOverlapDays = 7;

export type RotationInput = {
  readonly clientId: string;
  /** For how long the former secret still works; 0 ends it now. */
  readonly overlapDays?: number | undefined;
};

export async function rotateSecret(
  parts: SecretParts & { readonly storage: Pick<Storage, "rotateSecret"> },
  { clientId, overlapDays = usualOverlapDays }: RotationInput,
  author: Author,
): Promise<CredentialWithSecretText | Refusal> {
  if (!(Number.isSafeInteger(overlapDays) && overlapDays >= 0 && overlapDays <= longestOverlapDays)) {
    return refuse("INVALID_REQUEST", `overlapDays must be a whole number from 0 to ${longestOverlapDays}.`);
  }
  const { clientSecret, secret } = makeSecret(parts);
  const formerExpiresAt = author.at + overlapDays * secondsPerDay;
  const rotated = await parts.storage.rotateSecret({ clientId, secret, formerExpiresAt }, author);
  if (rotated === "unknown credential") return refuseObstacle(undefined, "credential");
  if (rotated === "two live secrets") {
    return refuse("CONFLICT", "There are two live secrets already: complete or cancel that rotation first.");
  }
  if (isObstacle(rotated)) return refuseObstacle(rotated, "credential");
  return { ...rotated, clientSecret: rotated.secretId === secret.id ? clientSecret : undefined };
}

export type SecretInput = { readonly clientId: string; readonly secretId: string };
export type RetirementInput = SecretInput & {
  /** Refuse if it was used within so many seconds. */
  readonly unlessUsedWithinSeconds?: number | undefined;
};

export async function retireSecret(
  storage: Pick<Storage, "retireSecret">,
  { unlessUsedWithinSeconds: within, ...secret }: RetirementInput,
  author: Author,
): Promise<SecretInput | Refusal> {
  const unlessUsedSince = within === undefined ? undefined : author.at - within;
  const retired = await storage.retireSecret({ ...secret, unlessUsedSince }, author);
  if (retired === "in use") return refuse("CONFLICT", "The secret was used within that time.");
  return isObstacle(retired) ? refuseObstacle(retired, "live secret") : secret;
}

export async function cancelRotation(
  storage: Pick<Storage, "cancelRotation">,
  secret: SecretInput,
  author: Author,
): Promise<SecretInput | Refusal> {
  const cancelled = await storage.cancelRotation(secret, author);
  if (cancelled === "no rotation") {
    return refuse("CONFLICT", "There is no former secret that still works, and so no rotation to cancel.");
  }
  return isObstacle(cancelled) ? refuseObstacle(cancelled, "live secret") : secret;
}
