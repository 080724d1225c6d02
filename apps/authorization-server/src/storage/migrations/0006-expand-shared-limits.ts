import type { Migration } from "@biped/database";
import { sql } from "kysely";

/**
 * Counts that several nodes share for a minute, in the columns of rate-limiter-flexible. Unlogged: they need not
 * outlive a crash of PostgreSQL. On SQLite there is one node, which counts in its memory.
 */
export const sharedLimits: Migration = async ({ db, engine }) => {
  if (engine === "sqlite") return;
  await sql`
    create unlogged table shared_limit (key varchar(255) primary key, points integer not null, expire bigint)
  `.execute(db);
};
