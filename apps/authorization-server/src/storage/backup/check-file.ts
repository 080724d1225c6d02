import { openDatabase, UnusableDatabase } from "@biped/database";
import { sql } from "kysely";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";

/**
 * Brings a SQLite file to this version and looks at every page and reference of it.
 * @throws UnusableDatabase with the reason.
 */
export async function checkDatabaseFile(path: string): Promise<void> {
  const { db, close } = await openDatabase<Schema>({ url: `sqlite:${path}`, migrations });
  try {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(1)`.execute(db);
    const found = rows[0]?.integrity_check;
    if (found !== "ok") throw new UnusableDatabase(`${path} is damaged: ${found ?? "it cannot be checked"}.`);
    const { rows: dangling } = await sql<{ table: string }>`pragma foreign_key_check`.execute(db);
    const [first] = dangling;
    if (first !== undefined) throw new UnusableDatabase(`${path}: rows of ${first.table} refer to what is not there.`);
  } finally {
    await close();
  }
}
