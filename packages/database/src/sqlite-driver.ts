import { setTimeout as sleep } from "node:timers/promises";
import type Sqlite from "better-sqlite3";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { SqliteConnections } from "./sqlite-file.ts";
import { checkParameters } from "./storable-text.ts";
import { fromSqliteError, isSqliteBusy, StoreUnavailable } from "./store-unavailable.ts";
import { createTurns, type TakeTurn } from "./turns.ts";

/** How long a writer waits for other writers, of this process and of others together. */
const patienceMillis = 5000;
const longestPauseMillis = 20;
const keptStatements = 200;

export function createSqliteDialect(driver: Driver): Dialect {
  return {
    createDriver: () => driver,
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createAdapter: () => ({
      supportsReturning: true,
      // A migration runs in a BEGIN IMMEDIATE, which is also the lock between two migrating processes.
      supportsTransactionalDdl: true,
      acquireMigrationLock: async () => {},
      releaseMigrationLock: async () => {},
    }),
  };
}

/** One connection writes, in turns; the other one takes all selections outside a transaction. */
export function createSqliteDriver({ writer, reader }: SqliteConnections): Driver {
  const takeTurn = createTurns();
  const store: Store = { writer, takeTurn, prepareRead: memoise(reader), prepareWrite: memoise(writer) };
  return {
    init: async () => {},
    acquireConnection: async () => new SqliteConnection(store),
    beginTransaction: (connection) => own(connection).begin(),
    commitTransaction: (connection) => own(connection).commit(),
    rollbackTransaction: (connection) => own(connection).rollback(),
    releaseConnection: async () => {},
    destroy: async () => {
      const endTurn = await takeTurn();
      reader.close();
      // Last, because the last connection to close moves the log into the file.
      writer.close();
      endTurn();
    },
  };
}

type Prepare = (sql: string) => Sqlite.Statement;
type Store = {
  readonly writer: Sqlite.Database;
  readonly takeTurn: TakeTurn;
  readonly prepareRead: Prepare;
  readonly prepareWrite: Prepare;
};

/** Kysely hands these back to the driver that made them. */
function own(connection: DatabaseConnection): SqliteConnection {
  return connection as SqliteConnection;
}

class SqliteConnection implements DatabaseConnection {
  readonly #store: Store;
  #endTurn: (() => void) | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    checkParameters(query.parameters);
    const { prepareRead, prepareWrite } = this.#store;
    try {
      if (this.#endTurn !== undefined) return run(prepareWrite, query);
      if (query.query.kind === "SelectQueryNode") return run(prepareRead, query);
      return await this.#writeInTurn(() => run<Row>(prepareWrite, query));
    } catch (error) {
      throw fromSqliteError(error);
    }
  }

  // biome-ignore lint/correctness/useYield: rows are never streamed; the interface asks for it.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("Rows are not streamed; select them in pages.");
  }

  /** A deferred transaction that reads first would fail when another process writes in between (BUSY_SNAPSHOT). */
  async begin(): Promise<void> {
    const { takeTurn, prepareWrite } = this.#store;
    const deadline = performance.now() + patienceMillis;
    const endTurn = await takeTurn();
    try {
      await whenFree(() => prepareWrite("begin immediate").run(), deadline);
      this.#endTurn = endTurn;
    } catch (error) {
      endTurn();
      throw fromSqliteError(error);
    }
  }

  async commit(): Promise<void> {
    try {
      this.#store.prepareWrite("commit").run();
    } catch (error) {
      throw fromSqliteError(error);
    }
    this.#finish();
  }

  async rollback(): Promise<void> {
    try {
      // A full disk ends the transaction by itself.
      if (this.#store.writer.inTransaction) this.#store.prepareWrite("rollback").run();
    } finally {
      this.#finish();
    }
  }

  #finish(): void {
    this.#endTurn?.();
    this.#endTurn = undefined;
  }

  async #writeInTurn<Result>(attempt: () => Result): Promise<Result> {
    const deadline = performance.now() + patienceMillis;
    const endTurn = await this.#store.takeTurn();
    try {
      return await whenFree(attempt, deadline);
    } finally {
      endTurn();
    }
  }
}

/** Tries until no other process is writing, without blocking this one while it waits. */
async function whenFree<Result>(attempt: () => Result, deadline: number): Promise<Result> {
  for (let pauseMillis = 1; ; pauseMillis = Math.min(pauseMillis * 2, longestPauseMillis)) {
    try {
      if (performance.now() > deadline) throw new StoreUnavailable("other writers took too long");
      return attempt();
    } catch (error) {
      if (!isSqliteBusy(error)) throw error;
    }
    await sleep(pauseMillis);
  }
}

function run<Row>(prepare: Prepare, { sql, parameters }: CompiledQuery): QueryResult<Row> {
  const statement = prepare(sql);
  if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}

/** Compiling costs ten times what most statements take. The oldest makes room. */
function memoise(connection: Sqlite.Database): Prepare {
  const statements = new Map<string, Sqlite.Statement>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const [oldest] = statements.keys();
    if (oldest !== undefined && statements.size >= keptStatements) statements.delete(oldest);
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}
