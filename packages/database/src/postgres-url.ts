import { readFileSync } from "node:fs";
import { UnusableDatabase } from "./store-unavailable.ts";

const verified = ["require", "verify-ca", "verify-full"];

/**
 * The URL as `pg` is to read it. TLS, once asked for, is always verified: `require` and `verify-ca` become
 * `verify-full`. `prefer` and `allow` are refused, because somebody on the way could choose no TLS for us.
 * `password_file` names a file with the password, which then stands in no environment.
 */
export function readPostgresUrl(text: string): string {
  const url = parseUrl(text);
  const file = url.searchParams.get("password_file");
  if (file !== null) {
    url.searchParams.delete("password_file");
    url.password = encodeURIComponent(readPassword(file));
  }
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

function readPassword(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new UnusableDatabase(`The file with the database's password cannot be read: ${file}`, { cause });
  }
}
