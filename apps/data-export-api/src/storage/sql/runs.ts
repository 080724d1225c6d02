import { sql } from "kysely";
import type { RunQuery } from "../../runs/run-query.ts";
import type { OpenRuns, RunStorage } from "../storage.ts";
import { cutPage } from "./cut-page.ts";
import { fileColumns, toFile } from "./file-rows.ts";
import type { ExportDatabase, Reader } from "./parts.ts";
import { runColumns, toRun } from "./run-rows.ts";

export function createRuns({ db }: ExportDatabase): RunStorage {
  const count = async (state: keyof OpenRuns): Promise<number> => {
    // The state in the statement itself, so that both engines take the index of this state alone.
    const runs = db.selectFrom("runs").select((select) => select.fn.countAll<number>().as("count"));
    return (await runs.where("state", "=", sql.lit(state)).executeTakeFirstOrThrow()).count;
  };
  return {
    countOpenRuns: async () => {
      const [CREATED, RUNNABLE, RUNNING] = [await count("CREATED"), await count("RUNNABLE"), await count("RUNNING")];
      return { CREATED, RUNNABLE, RUNNING };
    },

    listRuns: async (projectId, query) => {
      const runs = db
        .selectFrom("runs")
        .select(runColumns)
        .where("run_id", "in", selectIds(db, projectId, query));
      return (await runs.orderBy("run_id", cutPage(query).direction).execute()).map(toRun);
    },

    findRun: async (projectId, jobId, runId) => {
      const runs = db.selectFrom("runs").select(runColumns).where("project_id", "=", projectId);
      const row = await runs.where("job_id", "=", jobId).where("run_id", "=", runId).executeTakeFirst();
      if (row === undefined) return undefined;
      // It may end between the two statements, and a run that is not over lists no files.
      if (row.state !== "SUCCESS") return { run: toRun(row), files: [] };
      const files = db.selectFrom("files").select(fileColumns).where("run_id", "=", runId);
      return { run: toRun(row), files: (await files.orderBy("part_id").execute()).map(toFile) };
    },
  };
}

/** Read from an index alone, as those of jobs. */
function selectIds(db: Reader, projectId: number, query: RunQuery) {
  const { jobId, state, upTo } = query;
  const { direction, limit, offset } = cutPage(query);
  let runs = db.selectFrom("runs").select("run_id").where("project_id", "=", projectId);
  if (jobId !== undefined) runs = runs.where("job_id", "=", jobId);
  if (state !== undefined) runs = runs.where("state", "=", state);
  if (upTo !== undefined) runs = runs.where("run_id", "<=", upTo);
  return runs.orderBy("run_id", direction).limit(limit).offset(offset);
}
