import type { Database } from "@biped/database";
import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../schema.ts";

/**
 * Locks are taken in one order by all: the job, then its runs. Only a claim begins with the run, and it never waits for
 * the job.
 */
export type ExportDatabase = Database<Schema>;
export type LockRows = ExportDatabase["lockRows"];
/** The database itself, or a transaction. */
export type Reader = Kysely<Schema>;
export type Writer = Transaction<Schema>;
