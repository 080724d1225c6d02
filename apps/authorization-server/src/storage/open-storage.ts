import { migrateDatabase, type OnStatement, openDatabase } from "@biped/database";
import { migrations } from "./migrations/migrations.ts";
import type { Schema } from "./schema.ts";
import { createSqlStorage } from "./sql-storage.ts";
import type { Storage } from "./storage.ts";

/**
 * Opens the storage at `sqlite:PATH` or `postgres://…`. A SQLite file is created and brought to this version;
 * PostgreSQL must have been by `migrateStorage`.
 */
export async function openStorage(url: string, onStatement?: OnStatement): Promise<Storage> {
  return createSqlStorage(await openDatabase<Schema>({ url, migrations, onStatement }));
}

/** Brings the database to this version. Answers the names of the steps that it ran. */
export function migrateStorage(url: string): Promise<readonly string[]> {
  return migrateDatabase({ url, migrations });
}
