import { expect, test } from "vitest";
import { fromPostgresError, fromSqliteError, isUniqueViolation, StoreUnavailable } from "./store-unavailable.ts";

const sqliteError = (code: string) => Object.assign(new Error("text"), { code });
const serverError = (code: string) => Object.assign(new Error("text"), { severity: "ERROR", code });

test("SQLite: a store that is locked, full, gone or read-only is unavailable, with its cause", () => {
  for (const code of ["SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR_WRITE"]) {
    const cause = sqliteError(code);
    const error = fromSqliteError(cause);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ message: `The store is unavailable: ${code}.`, cause });
  }
  for (const code of ["SQLITE_CANTOPEN", "SQLITE_READONLY_DBMOVED", "SQLITE_NOMEM", "SQLITE_PROTOCOL"]) {
    expect(fromSqliteError(sqliteError(code))).toBeInstanceOf(StoreUnavailable);
  }
});

test("PostgreSQL: a server that is away, full, shutting down or too busy is unavailable", () => {
  const codes = ["08006", "28P01", "3D000", "53100", "53300", "57P01", "57P03", "57014", "55P03", "40P01", "25006"];
  for (const code of codes) {
    const error = fromPostgresError(serverError(code));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ message: `The store is unavailable: SQLSTATE ${code}.` });
  }
});

test("PostgreSQL: whatever the server did not report is a lost connection", () => {
  expect(fromPostgresError(sqliteError("ECONNRESET"))).toMatchObject({
    message: "The store is unavailable: ECONNRESET.",
  });
  expect(fromPostgresError(new Error("Query read timeout"))).toMatchObject({
    message: "The store is unavailable: Query read timeout.",
  });
});

test("a mistake of ours stays what it is", () => {
  for (const code of ["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_ERROR", "SQLITE_CORRUPT"]) {
    const error = sqliteError(code);
    expect(fromSqliteError(error)).toBe(error);
  }
  for (const code of ["23505", "42P01", "57000", "22P02"]) {
    const error = serverError(code);
    expect(fromPostgresError(error)).toBe(error);
  }
});

test("a unique violation is told from other errors", () => {
  expect(["23505", "23503", "SQLITE_CONSTRAINT_UNIQUE"].map((code) => isUniqueViolation(sqliteError(code)))).toEqual([
    true,
    false,
    true,
  ]);
  expect([sqliteError("SQLITE_CONSTRAINT_PRIMARYKEY"), undefined, {}].map(isUniqueViolation)).toEqual([
    true,
    false,
    false,
  ]);
});
