import type { Run, WrittenTotals } from "../../runs/run.ts";
import type { JobRow, RunRow } from "../schema.ts";
import type { NewRun } from "../storage.ts";
import type { Writer } from "./parts.ts";

/** Without the lease: it is the workers' own. */
export const runColumns = [
  "runs.run_id",
  "runs.job_id",
  "runs.project_id",
  "runs.state",
  "runs.period_from",
  "runs.period_to",
  "runs.due_at",
  "runs.attempts",
  "runs.failures",
  "runs.started_at",
  "runs.ended_at",
  "runs.row_count",
  "runs.byte_count",
  "runs.file_count",
  "runs.failure_reason",
] as const;

type SelectedRun = Omit<RunRow, "lease_id" | "lease_until">;

export function toRun(row: SelectedRun): Run {
  return {
    runId: row.run_id,
    jobId: row.job_id,
    state: row.state,
    period: { from: row.period_from, to: row.period_to },
    dueAt: row.due_at,
    attempts: row.attempts,
    failures: row.failures,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    written: toTotals(row),
    failureReason: row.failure_reason ?? undefined,
  };
}

function toTotals({ row_count, byte_count, file_count }: SelectedRun): WrittenTotals | undefined {
  if (row_count === null || byte_count === null || file_count === null) return undefined;
  return { rowCount: row_count, byteCount: byte_count, fileCount: file_count };
}

/** Adds the run, which waits, unless the job has one of that period. Whether it was added. */
export async function addRun(
  trx: Writer,
  job: Pick<JobRow, "job_id" | "project_id">,
  { period, dueAt }: NewRun,
): Promise<boolean> {
  const insertion = trx.insertInto("runs").values({
    job_id: job.job_id,
    project_id: job.project_id,
    state: "CREATED",
    period_from: period.from,
    period_to: period.to,
    due_at: dueAt,
    attempts: 0,
    failures: 0,
  });
  const added = await insertion
    .onConflict((conflict) => conflict.columns(["job_id", "period_from"]).doNothing())
    .returning("run_id")
    .executeTakeFirst();
  return added !== undefined;
}
