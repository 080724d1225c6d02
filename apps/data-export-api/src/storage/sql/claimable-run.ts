import { sql } from "kysely";
import type { RunRow } from "../schema.ts";
import { openStates } from "./job-rows.ts";
import type { ExportDatabase, Writer } from "./parts.ts";

type ClaimableRun = Pick<RunRow, "run_id" | "job_id">;

export type Claimable = {
  readonly nowSeconds: number;
  /** Projects of which no run begins. */
  readonly resting: ReadonlySet<number>;
};

/** The run that is to be done next, which nobody else claims until the transaction ends. */
export async function lockClaimableRun(
  trx: Writer,
  database: ExportDatabase,
  claimable: Claimable,
): Promise<ClaimableRun | undefined> {
  return (await lockAbandoned(trx, database, claimable)) ?? (await lockRunnable(trx, database, claimable));
}

/** States that an index is restricted to are written out: only then do both engines use it. */
function selectClaimable(trx: Writer) {
  const runs = trx.selectFrom("runs").select(["run_id", "job_id"]).limit(1);
  return runs.where(({ exists, selectFrom }) => {
    const job = selectFrom("jobs").select("jobs.job_id").whereRef("jobs.job_id", "=", "runs.job_id");
    return exists(job.where("jobs.state", "in", openStates));
  });
}

/** A run whose worker is gone had its turn already. */
function lockAbandoned(
  trx: Writer,
  { clock, lockFreeRows }: ExportDatabase,
  { resting }: Claimable,
): Promise<ClaimableRun | undefined> {
  const runs = selectClaimable(trx).where("state", "=", sql.lit("RUNNING")).where("lease_until", "<=", clock);
  const awake = resting.size === 0 ? runs : runs.where("project_id", "not in", [...resting]);
  return awake.orderBy("lease_until").$call(lockFreeRows).executeTakeFirst();
}

/** Of the first project in turn that has a run which nobody else takes at this moment. */
async function lockRunnable(
  trx: Writer,
  { lockFreeRows }: ExportDatabase,
  { nowSeconds, resting }: Claimable,
): Promise<ClaimableRun | undefined> {
  for (const projectId of await listProjectsInTurn(trx, nowSeconds)) {
    if (resting.has(projectId)) continue;
    const runs = selectClaimable(trx).where("state", "=", sql.lit("RUNNABLE")).where("project_id", "=", projectId);
    const due = runs.where("due_at", "<=", nowSeconds).orderBy("due_at").orderBy("run_id");
    const found = await due.$call(lockFreeRows).executeTakeFirst();
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Projects with due runs. The one with the fewest runs under way comes first, and of these the one that has begun none for
 * longest, so that none waits behind all that another one has. It goes from project to project in the index, however many
 * runs each of them has.
 */
async function listProjectsInTurn(trx: Writer, nowSeconds: number): Promise<readonly number[]> {
  const projects = sql<{ readonly id: number }>`
    with recursive project (id) as (
      select min(project_id) from runs where state = 'RUNNABLE'
      union all
      select (select min(project_id) from runs where state = 'RUNNABLE' and project_id > project.id)
      from project where id is not null
    ), due_project as (
      select id, (select min(due_at) from runs where state = 'RUNNABLE' and project_id = project.id) as due_at
      from project
    )
    select id from due_project where due_at <= ${nowSeconds}
    order by (select count(*) from runs where state = 'RUNNING' and project_id = due_project.id),
      (select coalesce(max(started_at), 0) from runs where project_id = due_project.id), due_at, id`;
  return (await projects.execute(trx)).rows.map(({ id }) => id);
}
