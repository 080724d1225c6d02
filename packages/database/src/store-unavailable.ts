/**
 * The store is away, full or too busy. Nothing is wrong with what was asked, so it may be asked again.
 * It does not say whether a change was stored: a connection can be lost between the commit and its answer.
 */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";

  constructor(reason: string, cause?: unknown) {
    super(`The store is unavailable: ${reason}.`, { cause });
  }
}

/** The database is there but must not or cannot be used; the message is one line for the operator. */
export class UnusableDatabase extends Error {
  override readonly name = "UnusableDatabase";
}

/** Whether a row was refused because another one has the same key. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error);
  return code === "23505" || code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY";
}

/** Whether another connection holds the lock that SQLite needs. */
export function isSqliteBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code);
}

export function fromSqliteError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || !/^SQLITE_(BUSY|LOCKED|PROTOCOL|FULL|IOERR|CANTOPEN|READONLY|NOMEM)/.test(code))
    return error;
  return new StoreUnavailable(code, error);
}

/**
 * SQLSTATE classes of a store that is away or full: 08 connection, 28 sign-in, 3D database gone, 53 resources,
 * 57P0x shutdown, 58 its disk; and of one that is too busy: 57014 statement timeout, 55P03 lock timeout,
 * 40P01 deadlock, 25006 a standby, 25P03 idle in a transaction.
 */
const unavailableStates = /^(08|28|3D|53|57P0|58|57014|55P03|40P01|25006|25P03)/;

/** @param error Whatever the driver threw; all that the server itself did not report is a lost connection. */
export function fromPostgresError(error: unknown): unknown {
  if (!isServerError(error)) return new StoreUnavailable(codeOf(error) ?? messageOf(error), error);
  const state = codeOf(error) ?? "";
  return unavailableStates.test(state) ? new StoreUnavailable(`SQLSTATE ${state}`, error) : error;
}

/** Whether PostgreSQL reported it, which leaves the connection in order unless the server is going away. */
export function isServerError(error: unknown): boolean {
  return typeof error === "object" && error !== null && "severity" in error;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "no connection";
}
