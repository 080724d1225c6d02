import type { ClientOptions } from "./client-options.ts";

/** Mistakes in the options are a TypeError that names the option, and never what it held. */

/** RFC 6749 §3.3. Duplicates collapse. */
export function readScope(scope: unknown): string {
  const tokens = typeof scope === "string" ? scope.split(" ") : scope;
  const isList =
    Array.isArray(tokens) && tokens.length > 0 && tokens.every((each) => /^[!#-[\]-~]+$/.test(String(each)));
  if (!isList) throw new TypeError("scope must be a list of scopes, or scopes separated by single spaces.");
  return [...new Set(tokens)].join(" ");
}

/** @returns The base URL of the authentication service. */
export function readAuthUrl(authUrl: unknown): URL {
  const text = String(authUrl).replace(/(?:\/v1\/oauth\/token)?\/?$/, "");
  const url = URL.canParse(text) && new URL(text);
  if (url && !url.username && !url.password && !url.search && !url.hash) return url;
  throw new TypeError("authUrl must be a URL without name, password, query or fragment.");
}

/** The secret may change while the client lives; it is looked at each time. */
export function createSecretReader(clientSecret: ClientOptions["clientSecret"]): () => Promise<string> {
  if (typeof clientSecret === "function") return async () => readName("clientSecret", await clientSecret());
  const secret = readName("clientSecret", clientSecret);
  return async () => secret;
}

export function readName(name: string, value: unknown): string {
  if (typeof value === "string" && value) return value;
  throw new TypeError(`${name} must be a text that is not empty.`);
}

export function readPositive(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(`${name} must be a positive integer.`);
}
