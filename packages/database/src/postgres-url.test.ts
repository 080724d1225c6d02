import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
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

test("password_file: the password is the file's, in any letters, without the end of its line", () => {
  const directory = mkdtempSync(join(tmpdir(), "biped-password-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "password");
  writeFileSync(file, "p@ss/%:? word\n");
  expect(readPostgresUrl(`postgres://user@db.example.com/biped?password_file=${file}&sslmode=require`)).toBe(
    "postgres://user:p%40ss%2F%25%3A%3F%20word@db.example.com/biped?sslmode=verify-full",
  );
});

test("password_file: one that cannot be read is named, and the URL is not", () => {
  expect(() => readPostgresUrl(`${url}?password_file=/not/there`)).toThrow(
    /^The file with the database's password cannot be read: \/not\/there$/,
  );
});
