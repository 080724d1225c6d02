import { type Refusal, refuse } from "@biped/protocol";

/**
 * A name that people read: 1 to 200 characters, no control characters, no lone surrogates, not only blanks. None that
 * turn the direction of what stands around it either: a list or a log line would read as something else.
 */
export function parseName(member: string, value: string): string | Refusal {
  const name = value.trim();
  // Code points, as the schema of the management API counts them.
  if (name === "" || [...name].length > 200 || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(name)) {
    return refuse("INVALID_REQUEST", `${member} must have 1 to 200 characters and no control characters.`);
  }
  return name;
}
