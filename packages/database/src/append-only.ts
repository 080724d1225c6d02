import { sql } from "kysely";
import type { MigrationTarget } from "./migrations.ts";

/**
 * For use in a migration: rows of the table can be added but neither changed nor deleted, by any statement.
 * It does not hold against somebody who may drop a trigger.
 */
export async function forbidChanges({ db, engine }: MigrationTarget, table: string): Promise<void> {
  const statements = engine === "sqlite" ? sqliteTriggers(table) : postgresTriggers(table);
  for (const statement of statements) await sql.raw(statement).execute(db);
}

function sqliteTriggers(table: string): readonly string[] {
  return ["update", "delete"].map(
    (change) =>
      `create trigger ${table}_no_${change} before ${change} on ${table}
       begin select raise(abort, 'rows of ${table} are never changed'); end`,
  );
}

function postgresTriggers(table: string): readonly string[] {
  return [
    `create function ${table}_refuse() returns trigger language plpgsql as
     $$ begin raise exception 'rows of ${table} are never changed'; end $$`,
    `create trigger ${table}_no_change before update or delete on ${table}
     for each row execute function ${table}_refuse()`,
    `create trigger ${table}_no_truncate before truncate on ${table}
     for each statement execute function ${table}_refuse()`,
  ];
}
