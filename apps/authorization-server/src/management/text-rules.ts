import { type Refusal, refuse } from "@biped/protocol";

/** A name that people read: 1 to 200 characters, no control characters, no lone surrogates, not only blanks. */
export function parseName(member: string, value: string): string | Refusal {
  const name = value.trim();
  if (name === "" || name.length > 200 || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    return refuse("INVALID_REQUEST", `${member} must have 1 to 200 characters and no control characters.`);
  }
  return name;
}
