import { openDatabase } from "@biped/database";
import { migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";
import { createClaims } from "./sql/claims.ts";
import { createFiles } from "./sql/files.ts";
import { createJobs } from "./sql/jobs.ts";
import { createPlanning } from "./sql/planning.ts";
import { createRuns } from "./sql/runs.ts";
import { createSettings } from "./sql/settings.ts";
import type { Storage } from "./storage.ts";

/**
 * The storage on SQLite or PostgreSQL. The database is this API's own: each program keeps its migrations' record there.
 * @param url `sqlite:PATH` or `postgres://…`.
 */
export async function openStorage(url: string): Promise<Storage> {
  const database = await openDatabase<Schema>({ url, migrations });
  return {
    ...createJobs(database),
    ...createRuns(database),
    ...createFiles(database),
    ...createPlanning(database),
    ...createClaims(database),
    ...createSettings(database),
    ping: database.ping,
    close: database.close,
  };
}
