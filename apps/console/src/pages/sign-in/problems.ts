const problems: ReadonlyMap<string, string> = new Map([
  ["sso-expired", "The sign-in took too long, or was begun in another browser. Try again."],
  ["sso-unavailable", "The single sign-on service cannot be reached. Try again in a moment."],
  ["sso-no-role", "You are known there, but no role here belongs to you. Ask whoever runs Biped."],
  [
    "sso-email-taken",
    "Somebody here has your e-mail address already. Sign in as you did before, or ask whoever runs Biped.",
  ],
  ["sso-disabled", "You are disabled here. Ask whoever runs Biped."],
]);

/** Why single sign-on came back without a session. Any other word gets the same sentence: the log has the details. */
export function explainProblem(word: string): string {
  return problems.get(word) ?? "Single sign-on did not work. Try again, or ask whoever runs Biped.";
}
