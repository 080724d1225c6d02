import { isStorableText } from "@biped/database";

/** One spelling for each address before anything counts or looks it up: no blanks around it, NFKC, lower case. */
export function normalizeEmail(email: string): string {
  const normal = email.normalize("NFKC").trim().toLowerCase();
  return isStorableText(normal) ? normal : "";
}
