import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import pg from "pg";
import { readPostgresUrl } from "./postgres-url.ts";
import { checkParameters } from "./storable-text.ts";
import { fromPostgresError, isServerError } from "./store-unavailable.ts";

const poolSize = 10;
const acquireMillis = 800;
/** A server that hangs without closing the connection is noticed here. A lone statement has this long in all. */
const answerMillis = 950;

/** `serve` bounds every wait; `migrate` gives a change of a large table the time it needs. */
export type PostgresUse = "serve" | "migrate";

const limits = {
  serve: { statement_timeout: 1000, lock_timeout: 500, idle_in_transaction_session_timeout: 2000 },
  migrate: { statement_timeout: 0, lock_timeout: 10_000, idle_in_transaction_session_timeout: 0 },
} as const;

export function createPostgresPool(url: string, use: PostgresUse, max: number = poolSize): pg.Pool {
  const pool = new pg.Pool({
    ...limits[use],
    connectionString: readPostgresUrl(url),
    max,
    connectionTimeoutMillis: acquireMillis,
    keepAlive: true,
    fallback_application_name: "biped",
    types: integerTypes(),
  });
  // An 'error' without a listener ends the process. The next statement meets the same trouble and reports it.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** The one place where int8 becomes a number. */
function integerTypes(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, parseInteger);
  return types;
}

export function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("The database holds an integer beyond 2^53.");
  return value;
}

export type PostgresOptions = {
  readonly pool: pg.Pool;
  readonly use: PostgresUse;
  /** Statements that each connection plans once and keeps by name. */
  readonly names: ReadonlyMap<string, string>;
};

export function createPostgresDialect(driver: Driver): Dialect {
  return {
    createDriver: () => driver,
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createAdapter: () => new PostgresAdapter(),
  };
}

export function createPostgresDriver({ pool, use, names }: PostgresOptions): Driver {
  return {
    init: async () => {},
    acquireConnection: async () => {
      const startedAt = performance.now();
      try {
        const client = await pool.connect();
        return new PostgresConnection({ client, names, startedAt, bounded: use === "serve" });
      } catch (error) {
        throw fromPostgresError(error);
      }
    },
    beginTransaction: (connection, { isolationLevel }) =>
      own(connection).command(isolationLevel === undefined ? "begin" : `begin isolation level ${isolationLevel}`),
    commitTransaction: (connection) => own(connection).commit(),
    rollbackTransaction: (connection) => own(connection).rollback(),
    releaseConnection: async (connection) => own(connection).release(),
    destroy: () => pool.end(),
  };
}

/** Kysely hands these back to the driver that made them. */
function own(connection: DatabaseConnection): PostgresConnection {
  return connection as PostgresConnection;
}

type Lease = {
  readonly client: pg.PoolClient;
  readonly names: ReadonlyMap<string, string>;
  readonly startedAt: number;
  readonly bounded: boolean;
};

class PostgresConnection implements DatabaseConnection {
  readonly #lease: Lease;
  /** The wait for the connection counts for the first statement only. */
  #startedAt: number | undefined;
  #lost = false;

  constructor(lease: Lease) {
    this.#lease = lease;
    this.#startedAt = lease.startedAt;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, rowCount } = await this.#ask(sql, parameters);
    return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  // biome-ignore lint/correctness/useYield: rows are never streamed; the interface asks for it.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("Rows are not streamed; select them in pages.");
  }

  async command(sql: string): Promise<void> {
    await this.#ask(sql, []);
  }

  async commit(): Promise<void> {
    const { command } = await this.#ask("commit", []);
    // The server answers so when a statement had failed before and its error was swallowed.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back instead of committed.");
  }

  /** Never throws, so that the error that led here stays. A lost connection ends the transaction as well. */
  async rollback(): Promise<void> {
    if (this.#lost) return;
    await this.command("rollback").catch(() => {
      this.#lost = true;
    });
  }

  release(): void {
    this.#lease.client.release(this.#lost);
  }

  async #ask(sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    checkParameters(parameters);
    const { client, names, bounded } = this.#lease;
    const waitedMillis = this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
    this.#startedAt = undefined;
    const question: pg.QueryConfig & { readonly query_timeout: number } = {
      name: names.get(sql),
      text: sql,
      values: [...parameters],
      // 0 is no limit.
      query_timeout: bounded ? Math.max(1, answerMillis - waitedMillis) : 0,
    };
    try {
      return await client.query(question);
    } catch (error) {
      // Its answer may still come; nobody else may read it.
      if (!isServerError(error)) this.#lost = true;
      throw fromPostgresError(error);
    }
  }
}
