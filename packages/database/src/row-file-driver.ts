import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import type { RowFile } from "./open-row-file.ts";
import { StoreUnavailable } from "./store-unavailable.ts";

const ownerOnly = 0o600;

export function createRowFile(path: string): RowFile {
  let file = attempt(() => makeFile(path));
  return {
    find: (id) => attempt(() => file.find.get(id)?.content),
    put: (rows) => attempt(() => file.insertAll(rows)),
    remove: (id) => attempt(() => void file.remove.run(id)),
    clear: () => {
      // To delete millions of rows would take seconds.
      file.close();
      file = attempt(() => makeFile(path));
    },
    close: () => {
      file.close();
      rmSync(path, { force: true });
    },
  };
}

function makeFile(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  closeSync(openSync(path, "wx", ownerOnly));
  const connection = new Sqlite(path, { fileMustExist: true });
  // Nothing of it is wanted after a crash: the next process makes it anew.
  for (const pragma of ["journal_mode = MEMORY", "synchronous = OFF", "trusted_schema = OFF"]) {
    connection.pragma(pragma);
  }
  connection.exec("create table row (id text primary key, content blob not null) strict, without rowid");
  const insert = connection.prepare<[string, Uint8Array]>("insert or replace into row values (?, ?)");
  return {
    find: connection.prepare<[string], { readonly content: Buffer }>("select content from row where id = ?"),
    remove: connection.prepare<[string]>("delete from row where id = ?"),
    insertAll: connection.transaction((rows: ReadonlyMap<string, Uint8Array>) => {
      for (const [id, content] of rows) insert.run(id, content);
    }),
    close: () => void connection.close(),
  };
}

/** A damaged file too: what is in it can be had from elsewhere. */
function attempt<Answer>(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) throw new StoreUnavailable(error.code, error);
    throw error;
  }
}
