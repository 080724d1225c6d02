/**
 * Why a credential was refused, in plain words, and what to do: by the reason in the log. Callers are told less, so
 * that nobody learns from an answer what exists; this is for the administrators of the credential's account.
 */
const explanations: ReadonlyMap<string, string> = new Map([
  // Who asks.
  [
    "unknown credential",
    "No credential has this client_id: it was mistyped, or the credential was deleted. Compare it with the console.",
  ],
  [
    "wrong secret",
    "The client_id is right, the secret is not. Deploy the secret that was shown last, or rotate and deploy the new one.",
  ],
  ["expired secret", "The secret has ended, mostly after a rotation. Deploy the newer one, or rotate again."],
  ["expired credential", "The credential has reached its end. Give it a later end, or create another one."],
  ["disabled credential", "The credential is disabled. Enable it if its program may go on."],
  ["disabled account", "The account is disabled, and with it all its credentials. A platform owner can enable it."],
  ["disabled project", "The project is disabled. Enable it, or ask for a token of another project."],
  [
    "source address not allowed",
    "The secret is right, but the request came from outside the allowed ranges. If you know the address, add its range; if not, rotate the secret now.",
  ],
  [
    "limit auth-fail exceeded",
    "Too many attempts have failed within a minute, so that further ones must wait. Stop the program that repeats a wrong secret.",
  ],
  // What is asked for.
  ["grant_type is required.", "The request names no grant_type. Send grant_type=client_credentials."],
  [
    "grant_type must be client_credentials.",
    "The request asks for another way than client credentials, which is the only one here. Send grant_type=client_credentials.",
  ],
  ["scope is required.", "The request names no scope. Ask for those that the program needs, with blanks between."],
  [
    "scope must be scope names separated by single blanks.",
    "The scope is misspelt: names must be parted by one blank, with none before or behind.",
  ],
  ["scope must name at most 20 scopes.", "The request names too many scopes. Ask for those that the program needs."],
  ["scope names an unknown scope.", "The request names a scope that this server does not know. Check its spelling."],
  [
    "scope names a scope that this credential does not own.",
    "The request asks for more than the credential owns. Add the scope to the credential, or ask without it.",
  ],
  [
    "scope combines an exclusive scope with another one.",
    "One of the scopes must stand alone. Ask for two tokens: one with it, one with the others.",
  ],
  [
    "project_id is required for an account-level credential.",
    "An account-level credential must say which project the token is for. Send project_id.",
  ],
  [
    "not the credential's own project",
    "A project-level credential gets tokens for its own project alone. Leave project_id out, or use another credential.",
  ],
  ["unknown project", "No project has the project_id that was sent. Check the number."],
  [
    "project of another account",
    "The project_id that was sent belongs to another account. Check the number, or use a credential of that account.",
  ],
  // How often.
  [
    "limit tokens exceeded",
    "The credential asked for tokens faster than its budget allows. Keep a token until shortly before it ends.",
  ],
  [
    "limit account-tokens exceeded",
    "All credentials of the account together asked for tokens faster than its budget allows. Keep tokens, or ask for more.",
  ],
  ["signing queue is full", "The server had more tokens to sign than it could. The program should try again later."],
]);

/** Every reason that the code can give has one; a reason that an older version has stored may have none any more. */
export function explainRefusal(reason: string): string {
  return explanations.get(reason) ?? "There is no more to say about this reason. The log has the requests.";
}
