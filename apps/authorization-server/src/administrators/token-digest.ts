import { createHash } from "node:crypto";
import { isSecret, type SecretKind } from "@biped/protocol";

/**
 * What is stored of a token of 256 random bits: lower-case hexadecimal SHA-256. A slow hash would buy nothing.
 * @returns undefined for a text of another kind: a session cookie is no access token, whatever is stored (C-16).
 */
export function digestToken(text: string, kind: SecretKind): string | undefined {
  return isSecret(text, kind) ? digestText(text) : undefined;
}

export function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
