import { sql } from "kysely";
import type { DueRun, UnplannedJob, WorkStorage } from "../storage.ts";
import { jobColumns, type SelectedJob, toJob } from "./job-rows.ts";
import { lockJobOf } from "./lock-job.ts";
import type { ExportDatabase } from "./parts.ts";
import { addRun, runColumns, toRun } from "./run-rows.ts";
import { unset } from "./settings.ts";

type Planning = Pick<WorkStorage, "listUnplannedJobs" | "planFirstRun" | "listDueRuns" | "releaseRun">;

export function createPlanning({ db, transaction, lockRows }: ExportDatabase): Planning {
  return {
    listUnplannedJobs: async (limit) => {
      const rows = await db
        .selectFrom("jobs")
        .leftJoin("project_settings", "project_settings.project_id", "jobs.project_id")
        .select([...jobColumns, "jobs.project_id", "project_settings.time_zone"])
        // What an index is restricted to is written out, here and below: only then do both engines use it.
        .where("jobs.is_planned", "=", sql.lit(0))
        .where("jobs.state", "=", "ACTIVE")
        .orderBy("jobs.job_id")
        .limit(limit)
        .execute();
      return rows.map(toUnplannedJob);
    },

    planFirstRun: (jobId, first) =>
      transaction(async (trx) => {
        const unplanned = trx.updateTable("jobs").set({ is_planned: 1 }).where("job_id", "=", jobId);
        const planning = unplanned.where("is_planned", "=", 0).where("state", "=", "ACTIVE");
        const job = await planning.returning(["job_id", "project_id"]).executeTakeFirst();
        return job !== undefined && addRun(trx, job, first);
      }),

    listDueRuns: async (nowSeconds, limit) => {
      const rows = await db
        .selectFrom("runs")
        .innerJoin("jobs", "jobs.job_id", "runs.job_id")
        .leftJoin("project_settings", "project_settings.project_id", "runs.project_id")
        .select([...runColumns, ...jobColumns, "project_settings.time_zone"])
        .where("runs.state", "=", sql.lit("CREATED"))
        .where("runs.due_at", "<=", nowSeconds)
        .where("jobs.state", "=", "ACTIVE")
        .orderBy("runs.due_at")
        .orderBy("runs.run_id")
        .limit(limit)
        .execute();
      return rows.map((row): DueRun => ({ run: toRun(row), ...toUnplannedJob(row) }));
    },

    releaseRun: (runId, next) =>
      transaction(async (trx) => {
        const job = await lockJobOf(trx, runId, lockRows);
        if (job?.state !== "ACTIVE") return false;
        const waiting = trx.updateTable("runs").set({ state: "RUNNABLE" }).where("run_id", "=", runId);
        const { numUpdatedRows } = await waiting.where("state", "=", "CREATED").executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) return false;
        if (next !== undefined) await addRun(trx, job, next);
        return true;
      }),
  };
}

function toUnplannedJob(
  row: SelectedJob & { readonly project_id: number; readonly time_zone: string | null },
): UnplannedJob {
  return { job: toJob(row), projectId: row.project_id, timeZone: row.time_zone ?? unset.timeZone };
}
