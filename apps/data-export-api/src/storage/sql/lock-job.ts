import type { JobRow } from "../schema.ts";
import type { LockRows, Writer } from "./parts.ts";

type LockedJob = Pick<JobRow, "job_id" | "project_id" | "frequency" | "state">;

/** The job of the run, in the state that it keeps until the transaction ends. Undefined where there is no such run. */
export function lockJobOf(trx: Writer, runId: number, lockRows: LockRows): Promise<LockedJob | undefined> {
  const jobId = trx.selectFrom("runs").select("job_id").where("run_id", "=", runId);
  const jobs = trx.selectFrom("jobs").select(["job_id", "project_id", "frequency", "state"]);
  return jobs.where("job_id", "=", jobId).$call(lockRows).executeTakeFirst();
}
