/** The rows of a seeded database in a PostgreSQL of the benchmark's own. */

import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { migrateDatabase } from "@biped/database";
import pg from "pg";
import { migrateStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import { migrations } from "../../apps/data-export-api/src/storage/migrations.ts";
import { type PostgresServer, startPostgresServer } from "../../test/postgres-server.ts";
import type { BipedStore } from "./biped-store.ts";

const patienceMilliseconds = 40_000;
const rowsAtOnce = 2000;

/** The same store, but for its database, which goes when it is stopped. */
export type PostgresStore = BipedStore & { readonly stop: () => Promise<void> };

export async function startPostgresStore(store: BipedStore): Promise<PostgresStore> {
  const { url, stop } = await startFilledPostgres(store.databaseFile, migrateStorage);
  return { ...store, settings: { ...store.settings, BIPED_DATABASE_URL: url }, stop };
}

/** Of the Data Export API. */
export function startJobsDatabase(databaseFile: string): Promise<FilledPostgres> {
  return startFilledPostgres(databaseFile, (url) => migrateDatabase({ url, migrations }));
}

type FilledPostgres = Pick<PostgresServer, "url" | "stop">;
type Migrate = (url: string) => Promise<unknown>;

async function startFilledPostgres(databaseFile: string, migrate: Migrate): Promise<FilledPostgres> {
  const { url, stop } = await startPostgresServer();
  try {
    await fillPostgres(url, { databaseFile, migrate });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

type Filling = { readonly databaseFile: string; readonly migrate: Migrate };

async function fillPostgres(url: string, { databaseFile, migrate }: Filling): Promise<void> {
  const client = await connectPatiently(url);
  try {
    await migrate(url);
    // Without foreign keys and triggers, so that neither the order of the tables matters nor what is forbidden.
    await client.query("set session_replication_role = replica");
    await copyTables(databaseFile, client);
    await client.query("vacuum analyze");
  } finally {
    await client.end();
  }
}

async function connectPatiently(url: string): Promise<pg.Client> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (cause) {
      if (performance.now() > deadline) throw new Error("PostgreSQL did not start.", { cause });
      await sleep(50);
    }
  }
}

async function copyTables(file: string, client: pg.Client): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  const schema = database.prepare("select name from sqlite_schema where type = 'table'").all();
  const tables = schema.map(({ name }) => String(name)).filter((name) => !/^(?:sqlite|kysely)_/.test(name));
  await client.query(`truncate ${tables.join(", ")}`);
  for (const table of tables) {
    let rows: unknown[] = [];
    for (const row of database.prepare(`select * from ${table}`).iterate()) {
      rows.push(row);
      if (rows.length === rowsAtOnce) rows = await insert(client, table, rows);
    }
    await insert(client, table, rows);
  }
  database.close();
}

/**
 * As JSON, so that each column of the table says itself what it takes; ids that the database would give stay as they
 * are. Answers the rows that are left.
 */
async function insert(client: pg.Client, table: string, rows: readonly unknown[]): Promise<unknown[]> {
  const statement = `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`;
  await client.query(statement, [JSON.stringify(rows)]);
  return [];
}
