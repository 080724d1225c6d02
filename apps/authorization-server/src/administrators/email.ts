import { isStorableText } from "@biped/database";

/** RFC 5321 §4.5.3.1.3. Longer than what was sent is what NFKC may make of it, and counts are kept by name in memory. */
const maxLength = 254;

/**
 * One spelling for each address before anything counts or looks it up: no blanks around it, NFKC, lower case.
 * Empty for what nobody can have.
 */
export function normalizeEmail(email: string): string {
  const normal = email.normalize("NFKC").trim().toLowerCase();
  return normal.length <= maxLength && isStorableText(normal) ? normal : "";
}
