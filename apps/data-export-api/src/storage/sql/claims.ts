import { type ExpressionBuilder, sql, type UpdateObject } from "kysely";
import type { Job } from "../../jobs/job.ts";
import type { Schema } from "../schema.ts";
import type { ClaimedRun, FailedOutcome, Lease, SuccessfulOutcome, WorkStorage } from "../storage.ts";
import { type Claimable, lockClaimableRun } from "./claimable-run.ts";
import { toFileRow } from "./file-rows.ts";
import { jobColumns, openStates, toJob } from "./job-rows.ts";
import { lockJobOf } from "./lock-job.ts";
import type { ExportDatabase, Writer } from "./parts.ts";
import { runColumns, toRun } from "./run-rows.ts";
import { splitList } from "./split-list.ts";

type Claims = Pick<WorkStorage, "claimRun" | "renewLease" | "completeRun" | "failRun" | "giveBackRun">;

export function createClaims(database: ExportDatabase): Claims {
  const { db, transaction, clock } = database;
  return {
    claimRun: (lease, nowSeconds, resting = new Set()) =>
      transaction((trx) => claimRun(trx, database, { lease, nowSeconds, resting })),

    renewLease: async (runId, { leaseId, leaseMilliseconds }) => {
      const leased = db.updateTable("runs").where("run_id", "=", runId).where("lease_id", "=", leaseId);
      const renewed = leased.where("state", "=", "RUNNING").set({ lease_until: sql`${clock} + ${leaseMilliseconds}` });
      return (await renewed.executeTakeFirstOrThrow()).numUpdatedRows > 0n;
    },

    completeRun: (runId, leaseId, outcome) =>
      transaction(async (trx) => {
        const job = await lockJobOf(trx, runId, database.lockRows);
        if (job === undefined || !(await endLease(trx, { runId, leaseId }, toSuccess(outcome)))) return false;
        for (const some of splitList(outcome.files)) {
          await trx
            .insertInto("files")
            .values(some.map((file) => toFileRow(runId, file)))
            .execute();
        }
        if (job.frequency === "once") await completeJob(trx, job.job_id);
        return true;
      }),

    failRun: (runId, leaseId, outcome) =>
      transaction(async (trx) => {
        const job = await lockJobOf(trx, runId, database.lockRows);
        if (job === undefined || !(await endLease(trx, { runId, leaseId }, toFailure(outcome)))) return false;
        if (job.frequency === "once" && outcome.retryAt === undefined) await completeJob(trx, job.job_id);
        return true;
      }),

    giveBackRun: (runId, leaseId) =>
      transaction(async (trx) => {
        const job = await lockJobOf(trx, runId, database.lockRows);
        return job !== undefined && (await endLease(trx, { runId, leaseId }, () => ({ state: "RUNNABLE" })));
      }),
  };
}

type Claim = Claimable & { readonly lease: Lease };

async function claimRun(
  trx: Writer,
  database: ExportDatabase,
  { lease, ...claimable }: Claim,
): Promise<ClaimedRun | undefined> {
  const found = await lockClaimableRun(trx, database, claimable);
  const job = found && (await beginJob(trx, database, found.job_id));
  if (found === undefined || job === undefined) return undefined;
  const claimed = await trx
    .updateTable("runs")
    .set((run) => ({
      state: "RUNNING",
      started_at: claimable.nowSeconds,
      attempts: run("attempts", "+", 1),
      lease_id: lease.leaseId,
      lease_until: sql`${database.clock} + ${lease.leaseMilliseconds}`,
    }))
    .where("run_id", "=", found.run_id)
    .returning(runColumns)
    .executeTakeFirstOrThrow();
  return { run: toRun(claimed), job, projectId: claimed.project_id, leaseId: lease.leaseId };
}

/** A job that runs once is COMPUTING from now on. Undefined while it is being suspended or deleted: that comes first. */
async function beginJob(trx: Writer, { lockFreeRows }: ExportDatabase, jobId: number): Promise<Job | undefined> {
  const jobs = trx.selectFrom("jobs").select(jobColumns).where("job_id", "=", jobId).where("state", "in", openStates);
  const recurring = await jobs.where("frequency", "<>", "once").executeTakeFirst();
  if (recurring !== undefined) return toJob(recurring);
  const once = await jobs.$call(lockFreeRows).executeTakeFirst();
  if (once === undefined) return undefined;
  await trx.updateTable("jobs").set({ state: "COMPUTING" }).where("job_id", "=", jobId).execute();
  return { ...toJob(once), state: "COMPUTING" };
}

/** What is set, of the run as it is. */
type Ending = (run: ExpressionBuilder<Schema, "runs">) => UpdateObject<Schema, "runs">;

/** Whether it was this lease's to end. */
async function endLease(
  trx: Writer,
  { runId, leaseId }: { readonly runId: number; readonly leaseId: string },
  ending: Ending,
): Promise<boolean> {
  const leased = trx.updateTable("runs").where("run_id", "=", runId).where("lease_id", "=", leaseId);
  const ended = leased
    .where("state", "=", "RUNNING")
    .set((run) => ({ ...ending(run), lease_id: null, lease_until: null }));
  return (await ended.executeTakeFirstOrThrow()).numUpdatedRows > 0n;
}

function toSuccess({ endedAt, written }: SuccessfulOutcome): Ending {
  return () => ({
    state: "SUCCESS",
    ended_at: endedAt,
    row_count: written.rowCount,
    byte_count: written.byteCount,
    file_count: written.fileCount,
    failure_reason: null,
  });
}

function toFailure({ endedAt, reason, retryAt }: FailedOutcome): Ending {
  return (run) => ({
    ...(retryAt === undefined ? { state: "FAILURE", ended_at: endedAt } : { state: "RUNNABLE", due_at: retryAt }),
    failures: run("failures", "+", 1),
    failure_reason: reason,
  });
}

/** One that was suspended or deleted meanwhile stays so. */
async function completeJob(trx: Writer, jobId: number): Promise<void> {
  const jobs = trx.updateTable("jobs").set({ state: "COMPLETED" }).where("job_id", "=", jobId);
  await jobs.where("state", "in", openStates).execute();
}
