/**
 * Where to go after sign-in: a path of this console or the overview. A foreign address in the query would make the
 * sign-in page a door to elsewhere.
 */
export function readReturnTo(text: string | undefined): string {
  // A backslash counts as a slash in the addresses of browsers, and control characters are dropped from them.
  if (text === undefined || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(text)) return "/";
  return /^\/(sign-in|setup|invitation|api|sso)(?:[/?#]|$)/.test(text) ? "/" : text;
}
