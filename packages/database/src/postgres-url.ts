import { UnusableDatabase } from "./store-unavailable.ts";

const verified = ["require", "verify-ca", "verify-full"];

/**
 * The URL as `pg` is to read it. TLS, once asked for, is always verified: `require` and `verify-ca` become
 * `verify-full`. `prefer` and `allow` are refused, because somebody on the way could choose no TLS for us.
 */
export function readPostgresUrl(text: string): string {
  const url = parseUrl(text);
  const mode = url.searchParams.get("sslmode");
  if (mode === null || mode === "disable" || mode === "no-verify") return url.href;
  if (!verified.includes(mode)) {
    throw new UnusableDatabase("sslmode must be verify-full, verify-ca, require, no-verify or disable.");
  }
  url.searchParams.set("sslmode", "verify-full");
  return url.href;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // Without the cause: it repeats the URL, and that holds the password.
    throw new UnusableDatabase("The database URL is malformed.");
  }
}
