import type { HttpRequest } from "@biped/listener";
import { createSecret, isSecret } from "@biped/protocol";

const sessionCookie = "__Host-biped-session";

/** from this host alone, over TLS (or loopback) alone, for no script, and with no request of another site. */
const attributes = "Path=/; Secure; HttpOnly; SameSite=Strict";

export function createSessionValue(randomBytes: (count: number) => Uint8Array): string {
  return createSecret("session", randomBytes);
}

export function formatSessionCookie(value: string): string {
  return `${sessionCookie}=${value}; ${attributes}`;
}

/** Makes the browser forget it. */
export const endedSessionCookie = `${sessionCookie}=; Max-Age=0; ${attributes}`;

/** Undefined where there is none of the right form, or more than one: which of them is meant would be a guess. */
export function readSessionCookie(request: HttpRequest): string | undefined {
  const [value, ...others] = readCookies(request, sessionCookie);
  return value !== undefined && others.length === 0 && isSecret(value, "session") ? value : undefined;
}

export function hasSessionCookie(request: HttpRequest): boolean {
  return readCookies(request, sessionCookie).length > 0;
}

/** The values of every cookie of this name (RFC 6265 §4.2.1; names of cookies tell upper from lower case). */
export function readCookies(request: HttpRequest, name: string): readonly string[] {
  const pairs = (request.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}
