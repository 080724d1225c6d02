import { type Database, openDatabase } from "@biped/database";
import { sql } from "kysely";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import { emptyTables, insertRows, readRowsOfPostgres } from "./copy-rows.ts";
import { tables } from "./tables.ts";

/**
 * One moment of the store as a SQLite file, whichever the engine, while others go on changing it.
 * @param path An empty file.
 */
export async function backUpStorage(url: string, path: string): Promise<void> {
  const source = await openDatabase<Schema>({ url, migrations, use: "migrate" });
  try {
    // A single statement of SQLite sees one moment. What was deleted is not in the copy, nor are free pages.
    if (source.engine === "sqlite") await sql`vacuum into ${path}`.execute(source.db);
    else await copyPostgres(source, path);
  } finally {
    await source.close();
  }
}

async function copyPostgres(source: Database<Schema>, path: string): Promise<void> {
  const target = await openDatabase<Schema>({ url: `sqlite:${path}`, migrations });
  try {
    const reading = source.db.transaction().setIsolationLevel("repeatable read");
    await reading.execute((moment) =>
      target.transaction(async (trx) => {
        await emptyTables(trx, ["setup", "audit_head"]);
        for (const table of tables) {
          for await (const rows of readRowsOfPostgres(moment, table)) await insertRows(trx, table, rows);
        }
      }),
    );
  } finally {
    await target.close();
  }
}
