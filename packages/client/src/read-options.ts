import type { ClientOptions } from "./client-options.ts";

/** Mistakes in the options are a TypeError that names the option, and never what it held. */

/** RFC 6749 §3.3. Duplicates collapse. */
export function readScope(scope: string | readonly string[]): string {
  const tokens = [scope].flat().join(" ").split(" ");
  if (tokens.every((token) => /^[!#-[\]-~]+$/.test(token))) return [...new Set(tokens)].join(" ");
  throw new TypeError("scope must be scopes parted by single spaces.");
}

/** @returns The base URL of the authentication service. */
export function readAuthUrl(authUrl: unknown): URL {
  const text = String(authUrl).replace(/(?:\/v1\/oauth\/token)?\/?$/, "");
  const url = URL.canParse(text) && new URL(text);
  if (url && !url.username && !url.password && !url.search && !url.hash) return url;
  throw new TypeError("authUrl must be a URL without password or query.");
}

/** The secret may change while the client lives; it is looked at each time. */
export function createSecretReader(clientSecret: ClientOptions["clientSecret"]): () => Promise<string> {
  const name = "clientSecret";
  if (typeof clientSecret !== "function") readName(name, clientSecret);
  return async () => readName(name, typeof clientSecret === "function" ? await clientSecret() : clientSecret);
}

export function readName(name: string, value: unknown): string {
  if (typeof value === "string" && value) return value;
  throw new TypeError(`${name} must not be empty.`);
}

export function readPositive(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(`${name} must be a positive integer.`);
}
