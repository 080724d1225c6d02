import {
  type Compilable,
  type Dialect,
  type Driver,
  Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
  type Transaction,
} from "kysely";
import { type Bookkeeping, type Engine, findPendingMigrations, type Migrations, runMigrations } from "./migrations.ts";
import { type OnStatement, observeDriver } from "./observed-driver.ts";
import type { PostgresUse } from "./postgres-driver.ts";
import { UnusableDatabase } from "./store-unavailable.ts";

export type DatabaseSource = {
  /** `sqlite:PATH` or `postgres://…`. */
  readonly url: string;
  readonly migrations: Migrations;
  /** What takes its time, such as a backup, is not bounded as what serves is; `serve` if nothing is said. */
  readonly use?: PostgresUse;
  readonly onStatement?: OnStatement | undefined;
};

/** Gives the rows for these parameters, which stand for those that the statement was built with. */
export type HeldStatement<Row> = (...parameters: readonly unknown[]) => Promise<readonly Row[]>;

export type Database<Schema> = {
  readonly engine: Engine;
  readonly db: Kysely<Schema>;
  /** All of it or nothing. One writer at a time on SQLite; READ COMMITTED on PostgreSQL, so lock what a rule reads. */
  readonly transaction: <Result>(work: (transaction: Transaction<Schema>) => Promise<Result>) => Promise<Result>;
  /** Locks the selected rows until the transaction ends; on SQLite the transaction itself is that lock. */
  readonly lockRows: <Tables, Names extends keyof Tables, Row>(
    query: SelectQueryBuilder<Tables, Names, Row>,
  ) => SelectQueryBuilder<Tables, Names, Row>;
  /** As `lockRows`, but rows that another transaction has locked are left out instead of waited for. */
  readonly lockFreeRows: Database<Schema>["lockRows"];
  /** The store's own clock, in epoch milliseconds: one for all programs that share it. Not to be moved by a tester. */
  readonly clock: RawBuilder<number>;
  /** Compiles the statement once, for paths that must be fast. Write its parameters with `textParameter`. */
  readonly hold: <Row>(query: Compilable<Row>) => HeldStatement<Row>;
  /** The store's own clock as it is now. */
  readonly readClock: () => Promise<number>;
  /**
   * Tells of notifications on a channel of PostgreSQL, and each time that the connection for it is lost; on SQLite of
   * none. Behind a pooler there may be none either. Answers what ends it, as `close` does.
   */
  readonly listen: (channel: string, onNotification: () => void, onLost: () => void) => Promise<() => Promise<void>>;
  /** Reads one row. Rejects within a second while the store is away. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const sqliteClock = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
/** Goes on within a transaction, other than now(). */
const postgresClock = sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;

/**
 * Opens the database and checks that this program may use it: SQLite files are brought to the program's schema,
 * PostgreSQL must have been by `migrateDatabase`. Throws `UnusableDatabase` or `StoreUnavailable`.
 */
export async function openDatabase<Schema>({
  url,
  migrations,
  onStatement,
  use = "serve",
}: DatabaseSource): Promise<Database<Schema>> {
  const { engine, dialect, names, close } = await connect(url, use, onStatement);
  const bookkeeping = new Kysely<Bookkeeping>({ dialect });
  try {
    if (engine === "postgres") await checkDurability(bookkeeping);
    const pending = await findPendingMigrations(bookkeeping, migrations);
    if (pending.length > 0 && engine === "postgres") {
      throw new UnusableDatabase(`The database lacks ${pending.join(", ")}. Run migrate first.`);
    }
    if (pending.length > 0) await runMigrations({ db: bookkeeping, engine }, migrations);
  } catch (error) {
    await close();
    throw error;
  }
  const findStep = hold(bookkeeping, names, bookkeeping.selectFrom("kysely_migration").select("name").limit(1));
  const db = new Kysely<Schema>({ dialect });
  const clock = engine === "sqlite" ? sqliteClock : postgresClock;
  const readHeldClock = hold(bookkeeping, names, bookkeeping.selectNoFrom(clock.as("now")));
  const listening = createListening(engine, url);
  return {
    engine,
    db,
    transaction: engine === "sqlite" ? (work) => db.transaction().execute(work) : readCommitted(db),
    // No key of a locked row changes, so that rows which only refer to it need not wait.
    lockRows: (query) => (engine === "sqlite" ? query : query.forNoKeyUpdate()),
    lockFreeRows: (query) => (engine === "sqlite" ? query : query.forNoKeyUpdate().skipLocked()),
    clock,
    readClock: async () => (await readHeldClock())[0]?.now ?? Number.NaN,
    listen: listening.listen,
    hold: (query) => hold(db, names, query),
    ping: async () => {
      await findStep(1);
    },
    close: async () => {
      await listening.end();
      await close();
    },
  };
}

function createListening(engine: Engine, url: string) {
  const endings: (() => Promise<void>)[] = [];
  const listen: Database<unknown>["listen"] = async (channel, onNotification, onLost) => {
    if (engine === "sqlite") return async () => {};
    const { listenOnPostgres } = await import("./postgres-listening.ts");
    const end = await listenOnPostgres(url, channel, { onNotification, onLost });
    endings.push(end);
    return end;
  };
  return { listen, end: () => Promise.all(endings.map((end) => end())) };
}

/** Brings the database to the program's schema. Answers the names of the steps that it ran. */
export async function migrateDatabase({ url, migrations }: DatabaseSource): Promise<readonly string[]> {
  const { engine, dialect, close } = await connect(url, "migrate");
  const db = new Kysely<Bookkeeping>({ dialect });
  try {
    const pending = await findPendingMigrations(db, migrations);
    return pending.length === 0 ? [] : await runMigrations({ db, engine }, migrations);
  } finally {
    await close();
  }
}

type Connected = {
  readonly engine: Engine;
  /** Gives the same driver to each Kysely that is made of it. */
  readonly dialect: Dialect;
  /** The names of held statements by their SQL. */
  readonly names: Map<string, string>;
  readonly close: () => Promise<void>;
};

/** The drivers are imported when they are needed: better-sqlite3 ends an old Node without a word. */
async function connect(url: string, use: PostgresUse, onStatement?: OnStatement): Promise<Connected> {
  const names = new Map<string, string>();
  const observe = (driver: Driver): Driver => (onStatement === undefined ? driver : observeDriver(driver, onStatement));
  if (url.startsWith("sqlite:")) {
    const major = Number(process.versions.node.split(".", 1)[0]);
    if (major < 22) throw new UnusableDatabase(`SQLite needs Node 22 or later, and this is ${process.version}.`);
    const { openSqliteFile } = await import("./sqlite-file.ts");
    const { createSqliteDialect, createSqliteDriver } = await import("./sqlite-driver.ts");
    const driver = observe(createSqliteDriver(openSqliteFile(url.slice("sqlite:".length))));
    return { engine: "sqlite", dialect: createSqliteDialect(driver), names, close: closeOnce(driver) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { createPostgresDialect, createPostgresDriver, createPostgresPool } = await import("./postgres-driver.ts");
    const driver = observe(createPostgresDriver({ pool: createPostgresPool(url, use), use, names }));
    return { engine: "postgres", dialect: createPostgresDialect(driver), names, close: closeOnce(driver) };
  }
  throw new UnusableDatabase('The database URL must start with "sqlite:" or "postgres://".');
}

/** The driver is closed itself: a Kysely that was never used would leave it open. */
function closeOnce(driver: Driver): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= driver.destroy();
    return closing;
  };
}

function readCommitted<Schema>(db: Kysely<Schema>): Database<Schema>["transaction"] {
  return (work) => db.transaction().setIsolationLevel("read committed").execute(work);
}

function hold<Schema, Row>(db: Kysely<Schema>, names: Map<string, string>, query: Compilable<Row>): HeldStatement<Row> {
  const compiled = query.compile();
  names.set(compiled.sql, `held_${names.size}`);
  return async (...parameters) => {
    if (parameters.length !== compiled.parameters.length) throw new TypeError("A held statement lacks parameters.");
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
}

/** An acknowledged change must be on the disk. SQLite is opened so; PostgreSQL can be set otherwise. */
async function checkDurability(db: Kysely<Bookkeeping>): Promise<void> {
  const { rows } = await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db);
  const setting = rows[0]?.synchronous_commit ?? "unknown";
  if (setting === "on" || setting === "remote_apply") return;
  throw new UnusableDatabase(`synchronous_commit of the database is ${setting}; it must be on.`);
}
