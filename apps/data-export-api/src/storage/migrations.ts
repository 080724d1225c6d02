import type { Engine, Migration, Migrations, MigrationTarget } from "@biped/database";
import { sql } from "kysely";

const createJobs: Migration = async ({ db, engine }) => {
  await db.schema
    .createTable("jobs")
    // Both ways never give an id again, not even after its row is gone.
    .addColumn("job_id", engine === "sqlite" ? "integer" : "bigint", (column) =>
      engine === "sqlite" ? column.primaryKey().autoIncrement() : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("project_id", "bigint", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("format", "text", (column) => column.notNull())
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("frequency", "text", (column) => column.notNull())
    .addColumn("range_from", "bigint")
    .addColumn("range_to", "bigint")
    .addColumn("fields", "text", (column) => column.notNull())
    .addColumn("device_label", "text", (column) => column.notNull())
    .addColumn("segment_id", "bigint")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("jobs_of_project").on("jobs").columns(["project_id", "job_id"]).execute();
};

const createRuns: Migration = async ({ db, engine }) => {
  await db.schema
    .alterTable("jobs")
    .addColumn("formula_guard", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("jobs")
    .addColumn("is_planned", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await indexJobs(db);
  await createRunTable(db, engine);
  await createFileTable(db);
  await db.schema
    .createTable("project_settings")
    .addColumn("project_id", "bigint", (column) => column.primaryKey())
    .addColumn("time_zone", "text", (column) => column.notNull())
    .addColumn("link_epoch", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("link_keys")
    .addColumn("key_id", "text", (column) => column.primaryKey())
    .addColumn("secret", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("comes_after", "text", (column) => column.notNull().unique())
    .execute();
};

/** All that a list of jobs asks for stands in its index, so that a page deep in a long list reads no other job. */
async function indexJobs(db: MigrationTarget["db"]): Promise<void> {
  const listed = ["project_id", "job_id", "state", "format", "frequency", "scope"];
  await db.schema.createIndex("jobs_in_order").on("jobs").columns(listed).execute();
  // By far the most lists are of all jobs that are there: half the width is half the pages to go over.
  await db.schema
    .createIndex("listed_jobs")
    .on("jobs")
    .columns(["project_id", "job_id"])
    .where(sql.ref("state"), "<>", "DELETED")
    .execute();
  await db.schema.dropIndex("jobs_of_project").execute();
  await db.schema
    .createIndex("unplanned_jobs")
    .on("jobs")
    .columns(["job_id"])
    .where(sql.ref("is_planned"), "=", 0)
    .execute();
}

async function createRunTable(db: MigrationTarget["db"], engine: Engine): Promise<void> {
  await db.schema
    .createTable("runs")
    .addColumn("run_id", engine === "sqlite" ? "integer" : "bigint", (column) =>
      engine === "sqlite" ? column.primaryKey().autoIncrement() : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("job_id", "bigint", (column) => column.notNull().references("jobs.job_id"))
    .addColumn("project_id", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("period_from", "bigint", (column) => column.notNull())
    .addColumn("period_to", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("attempts", "bigint", (column) => column.notNull())
    .addColumn("failures", "bigint", (column) => column.notNull())
    .addColumn("started_at", "bigint")
    .addColumn("ended_at", "bigint")
    .addColumn("row_count", "bigint")
    .addColumn("byte_count", "bigint")
    .addColumn("file_count", "bigint")
    .addColumn("failure_reason", "text")
    .addColumn("lease_id", "text")
    .addColumn("lease_until", "bigint")
    .execute();
  const addIndex = (name: string, columns: string[]) => db.schema.createIndex(name).on("runs").columns(columns);
  // No run twice, whoever plans it.
  await addIndex("runs_by_period", ["job_id", "period_from"]).unique().execute();
  await addIndex("runs_of_job", ["project_id", "job_id", "run_id", "state"]).execute();
  await addIndex("runs_of_project", ["project_id", "state", "run_id"]).execute();
  await addIndex("runs_by_start", ["project_id", "started_at"]).execute();
  // Small, however many runs there are: what is over stands in none of them.
  await addIndex("waiting_runs", ["due_at", "run_id"]).where(sql.ref("state"), "=", "CREATED").execute();
  await addIndex("runnable_runs", ["project_id", "due_at", "run_id"])
    .where(sql.ref("state"), "=", "RUNNABLE")
    .execute();
  await addIndex("running_runs", ["lease_until"]).where(sql.ref("state"), "=", "RUNNING").execute();
}

async function createFileTable(db: MigrationTarget["db"]): Promise<void> {
  await db.schema
    .createTable("files")
    .addColumn("file_id", "text", (column) => column.primaryKey())
    .addColumn("run_id", "bigint", (column) => column.notNull().references("runs.run_id"))
    .addColumn("part_id", "bigint", (column) => column.notNull())
    .addColumn("stored_name", "text", (column) => column.notNull().unique())
    .addColumn("byte_count", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("files_of_run").on("files").columns(["run_id", "part_id"]).unique().execute();
  await db.schema.createIndex("files_by_end").on("files").columns(["expires_at"]).execute();
}

export const migrations: Migrations = { "0001_initial": createJobs, "0002_expand_runs": createRuns };
