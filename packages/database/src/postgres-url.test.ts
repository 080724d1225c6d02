import { expect, test } from "vitest";
import { readPostgresUrl } from "./postgres-url.ts";

const url = "postgres://user:p%40ss@db.example.com:5432/biped";

test("TLS, once asked for, is verified", () => {
  for (const mode of ["require", "verify-ca", "verify-full"]) {
    expect(readPostgresUrl(`${url}?sslmode=${mode}&sslrootcert=ca.pem`)).toBe(
      `${url}?sslmode=verify-full&sslrootcert=ca.pem`,
    );
  }
});

test("a URL that asks for no TLS, or for TLS without a check, is left as it is", () => {
  for (const text of [url, `${url}?sslmode=disable`, `${url}?sslmode=no-verify`])
    expect(readPostgresUrl(text)).toBe(text);
});

test("sslmode prefer or allow is refused, because somebody on the way could choose no TLS", () => {
  for (const mode of ["prefer", "allow", "on"]) {
    expect(() => readPostgresUrl(`${url}?sslmode=${mode}`)).toThrow(
      "sslmode must be verify-full, verify-ca, require, no-verify or disable.",
    );
  }
});

test("a malformed URL is not repeated, for it holds the password", () => {
  expect(() => readPostgresUrl("postgres://user:secret@host:port/x")).toThrow(/^The database URL is malformed\.$/);
});
