const problems: ReadonlyMap<string, string> = new Map([
  ["cancelled", "The sign-in was not finished there. Try again."],
  ["expired", "The sign-in took too long. Try again."],
  ["not-allowed", "You are known there, but no role here belongs to you. Ask whoever runs Biped."],
]);

/** Why single sign-on came back without a session. Any other word gets the same sentence: the log has the details. */
export function explainProblem(word: string): string {
  return problems.get(word) ?? "Single sign-on did not work. Try again, or ask whoever runs Biped.";
}
