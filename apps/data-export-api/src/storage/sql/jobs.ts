import { sql } from "kysely";
import type { JobState } from "../../jobs/job.ts";
import type { ListQuery } from "../../jobs/list-query.ts";
import type { JobStorage, NewRun } from "../storage.ts";
import { cutPage } from "./cut-page.ts";
import { jobColumns, toJob, toNewJobRow } from "./job-rows.ts";
import type { ExportDatabase, Reader, Writer } from "./parts.ts";
import { addRun } from "./run-rows.ts";

export function createJobs({ db, transaction }: ExportDatabase): JobStorage {
  return {
    createJob: (projectId, job, first) =>
      transaction(async (trx) => {
        const insertion = trx.insertInto("jobs").values(toNewJobRow(projectId, job));
        const created = await insertion.returning(["job_id", "project_id"]).executeTakeFirstOrThrow();
        await addRun(trx, created, first);
        return created.job_id;
      }),

    findJob: async (projectId, jobId) => {
      const jobs = db.selectFrom("jobs").select(jobColumns).where("project_id", "=", projectId);
      const row = await jobs.where("job_id", "=", jobId).executeTakeFirst();
      return row && toJob(row);
    },

    listJobs: async (projectId, query) => {
      const jobs = db
        .selectFrom("jobs")
        .select(jobColumns)
        .where("job_id", "in", selectIds(db, projectId, query));
      return (await jobs.orderBy("job_id", cutPage(query).direction).execute()).map(toJob);
    },

    suspendJob: (projectId, jobId) =>
      transaction((trx) => moveJob(trx, { projectId, jobId }, { from: ["ACTIVE"], to: "SUSPENDED" })),

    resumeJob: (projectId, jobId, next) =>
      transaction(async (trx) => {
        const isMoved = await moveJob(trx, { projectId, jobId }, { from: ["SUSPENDED"], to: "ACTIVE" });
        if (isMoved && next !== undefined) await moveWaitingRun(trx, jobId, next);
        return isMoved;
      }),

    deleteJob: (projectId, jobId, at) =>
      transaction(async (trx) => {
        const from = ["ACTIVE", "COMPUTING", "COMPLETED", "SUSPENDED"] as const;
        const isMoved = await moveJob(trx, { projectId, jobId }, { from, to: "DELETED" });
        if (isMoved) await endRuns(trx, jobId, at);
        return isMoved;
      }),
  };
}

/** Read from `jobs_in_order` or `listed_jobs` alone: the pages before a deep one cost an index entry a job, not a row. */
function selectIds(db: Reader, projectId: number, query: ListQuery) {
  const { state, format, frequency, scope, upTo } = query;
  const { direction, limit, offset } = cutPage(query);
  let jobs = db.selectFrom("jobs").select("job_id").where("project_id", "=", projectId);
  jobs = state === undefined ? jobs.where("state", "<>", sql.lit("DELETED")) : jobs.where("state", "=", state);
  if (format !== undefined) jobs = jobs.where("format", "=", format);
  if (frequency !== undefined) jobs = jobs.where("frequency", "=", frequency);
  if (scope !== undefined) jobs = jobs.where("scope", "=", scope);
  if (upTo !== undefined) jobs = jobs.where("job_id", "<=", upTo);
  return jobs.orderBy("job_id", direction).limit(limit).offset(offset);
}

/** Locks the job. False where it is not in one of the states that it may come from. */
async function moveJob(
  trx: Writer,
  { projectId, jobId }: { readonly projectId: number; readonly jobId: number },
  { from, to }: { readonly from: readonly JobState[]; readonly to: JobState },
): Promise<boolean> {
  const update = trx.updateTable("jobs").set({ state: to }).where("project_id", "=", projectId);
  const { numUpdatedRows } = await update
    .where("job_id", "=", jobId)
    .where("state", "in", from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** A run of the period that is there already, by a clock that was put back, stays as it is, and so does the waiting one. */
async function moveWaitingRun(trx: Writer, jobId: number, { period, dueAt }: NewRun): Promise<void> {
  const ofPeriod = trx
    .selectFrom("runs as other")
    .select("other.run_id")
    .where("other.job_id", "=", jobId)
    .where("other.period_from", "=", period.from)
    .where("other.state", "<>", "CREATED");
  await trx
    .updateTable("runs")
    .set({ period_from: period.from, period_to: period.to, due_at: dueAt })
    .where("job_id", "=", jobId)
    .where("state", "=", "CREATED")
    .where(({ not, exists }) => not(exists(ofPeriod)))
    .execute();
}

/** A run that is claimed between the two statements is RUNNING for the second one. */
async function endRuns(trx: Writer, jobId: number, at: number): Promise<void> {
  const waiting = trx.deleteFrom("runs").where("job_id", "=", jobId).where("state", "in", ["CREATED", "RUNNABLE"]);
  await waiting.execute();
  const failure = { state: "FAILURE", ended_at: at, failure_reason: "The job was deleted." } as const;
  await trx
    .updateTable("runs")
    .set({ ...failure, lease_id: null, lease_until: null })
    .where("job_id", "=", jobId)
    .where("state", "=", "RUNNING")
    .execute();
}
