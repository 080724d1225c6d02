import type { Migration, Migrations } from "@biped/database";

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

export const migrations: Migrations = { "0001_initial": createJobs };
