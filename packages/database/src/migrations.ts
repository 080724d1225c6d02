import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { UnusableDatabase } from "./store-unavailable.ts";

export type Engine = "sqlite" | "postgres";

/** What Kysely's Migrator keeps in every database. */
export type Bookkeeping = { readonly kysely_migration: { readonly name: string } };

export type MigrationTarget = { readonly db: Kysely<unknown>; readonly engine: Engine };

/** One step of the schema; runs in a transaction with its record. */
export type Migration = (target: MigrationTarget) => Promise<void>;

/**
 * By name, run in the order of their names: `0001_initial`, `0002_expand_…`, `0003_contract_…`. A step that only adds
 * is named `expand`, and then the program before it may still be started; it is not after any other step.
 */
export type Migrations = Readonly<Record<string, Migration>>;

/** The names of the steps that the database lacks. Throws where it has a step that this program must know. */
export async function findPendingMigrations(
  db: Kysely<Bookkeeping>,
  migrations: Migrations,
): Promise<readonly string[]> {
  const done = await findDoneMigrations(db);
  const unknown = done.filter((name) => !Object.hasOwn(migrations, name) && !/^\d+_expand_/.test(name));
  if (unknown.length > 0) {
    throw new UnusableDatabase(
      `The database is newer than this program, which does not know ${unknown.join(", ")}. Start a newer program.`,
    );
  }
  return Object.keys(migrations)
    .filter((name) => !done.includes(name))
    .toSorted();
}

/** Two at once are one after the other: the second finds nothing left to do. */
export async function runMigrations(
  { db, engine }: { readonly db: Kysely<Bookkeeping>; readonly engine: Engine },
  migrations: Migrations,
): Promise<readonly string[]> {
  const steps = Object.entries(migrations).map(([name, migration]) => {
    return [name, { up: (target: Kysely<unknown>) => migration({ db: target, engine }) }] as const;
  });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(steps) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

async function findDoneMigrations(db: Kysely<Bookkeeping>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return [];
  const rows = await db.selectFrom("kysely_migration").select("name").execute();
  return rows.map(({ name }) => name).toSorted();
}
