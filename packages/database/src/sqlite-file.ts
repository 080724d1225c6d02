import { chmodSync, closeSync, existsSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { UnusableDatabase } from "./store-unavailable.ts";

const ownerOnly = 0o600;
/** Opening may meet another process that creates or recovers the file; nothing is served yet while it waits. */
const openingPatienceMillis = 5000;
/** A reader waits only for the recovery after a crash. It blocks the process, so it is short. */
const readerPatienceMillis = 500;
/** The rest of a writer's patience is spent without blocking the process, see `sqlite-driver.ts`. */
const writerPatienceMillis = 10;

/** One connection writes; the other one reads, and never waits for the writer (write-ahead log). */
export type SqliteConnections = { readonly writer: Sqlite.Database; readonly reader: Sqlite.Database };

/** Creates the file if there is none. Throws `UnusableDatabase` with the reason in one line. */
export function openSqliteFile(path: string): SqliteConnections {
  prepareFile(path);
  let writer: Sqlite.Database | undefined;
  try {
    writer = connect(path);
    if (writer.pragma("journal_mode = WAL", { simple: true }) !== "wal") {
      throw refusal(path, "its file system has no shared memory, which the write-ahead log needs");
    }
    // Where a file could not be opened for writing, for a moment or for ever, SQLite opens it for reading alone.
    writer.transaction(() => {}).immediate();
    for (const side of ["-wal", "-shm"]) restrict(`${path}${side}`);
    const reader = connect(path);
    reader.pragma("query_only = ON");
    reader.pragma(`busy_timeout = ${readerPatienceMillis}`);
    writer.pragma(`busy_timeout = ${writerPatienceMillis}`);
    return { writer, reader };
  } catch (error) {
    writer?.close();
    throw describeFailure(path, error);
  }
}

function connect(path: string): Sqlite.Database {
  const connection = new Sqlite(path, { fileMustExist: true, timeout: openingPatienceMillis });
  try {
    // FULL flushes the log before a commit is acknowledged; better-sqlite3 would use NORMAL, which does not.
    connection.pragma("synchronous = FULL");
    connection.pragma("foreign_keys = ON");
    // A REPLACE must not get round the triggers that forbid a deletion.
    connection.pragma("recursive_triggers = ON");
    // A deleted digest or key is overwritten; its copy in the log lives until the log is reused.
    connection.pragma("secure_delete = ON");
    connection.pragma("trusted_schema = OFF");
    // A large statement keeps pages aside, which must not lie about, and for which a read-only system has no place.
    connection.pragma("temp_store = MEMORY");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** SQLite gives the log and its index the mode of the database file, so that one decides for all three. */
function prepareFile(path: string): void {
  if (path === "" || path.startsWith(":") || path.startsWith("//")) {
    throw new UnusableDatabase("The database URL must name a file: sqlite:PATH.");
  }
  try {
    if (existsSync(path) && statSync(path).isDirectory()) throw refusal(path, "it is a directory");
    const directory = dirname(path);
    if (!existsSync(directory)) throw refusal(path, "its directory does not exist");
    if (isNetworkFileSystem(statfsSync(directory).type)) {
      throw refusal(path, "it is on a network file system, whose locks SQLite cannot rely on");
    }
    closeSync(openSync(path, "a+", ownerOnly));
    restrict(path);
  } catch (error) {
    throw describeFailure(path, error);
  }
}

function restrict(path: string): void {
  if (existsSync(path) && (statSync(path).mode & 0o077) !== 0) chmodSync(path, ownerOnly);
}

/** @param type As Linux `statfs` names it: NFS, SMB, CIFS, SMB2. Others are not known to be remote. */
export function isNetworkFileSystem(type: number): boolean {
  return [0x6969, 0x517b, 0xff534d42, 0xfe534d42].includes(type >>> 0);
}

const reasons: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "the file is no SQLite database",
  SQLITE_CORRUPT: "the file is damaged",
  SQLITE_READONLY: "it could be opened for reading alone",
  EACCES: "it cannot be written by this user",
  EPERM: "its mode cannot be set by this user",
  EROFS: "its file system is read-only",
  EISDIR: "it is a directory",
  ENOTDIR: "its directory is a file",
};

function describeFailure(path: string, error: unknown): unknown {
  if (error instanceof UnusableDatabase || !(error instanceof Error) || !("code" in error)) return error;
  return refusal(path, reasons[String(error.code)] ?? String(error.code), error);
}

function refusal(path: string, reason: string, cause?: unknown): UnusableDatabase {
  return new UnusableDatabase(`sqlite:${path} cannot be opened: ${reason}.`, { cause });
}
