/** Very many jobs of one project, and some of others between them: the real schema, each with its waiting run. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openStorage } from "../../apps/data-export-api/src/storage/sql-storage.ts";
import type { NewJob, NewRun } from "../../apps/data-export-api/src/storage/storage.ts";
import { pattern } from "./data-export-api.ts";
import { openFast, prepareInsert } from "./seed-credentials.ts";

export type ListedJobs = {
  readonly folder: string;
  readonly databaseFile: string;
  /** Those that a list shows without a filter: all but the deleted ones. */
  readonly listed: number;
};

const projectId = 42;
const otherProjects = 100;
const day = 86_400_000;

/** @param jobs Of the project; the others have as many together. */
export async function seedExportJobs(folder: string, jobs: number): Promise<ListedJobs> {
  mkdirSync(folder);
  const databaseFile = join(folder, "jobs.db");
  await storePattern(databaseFile);
  const database = openFast(databaseFile);
  database.exec("begin");
  addJobs(database, jobs);
  database.exec("commit");
  const listed = database.prepare("select count(*) as count from jobs where project_id = ? and state <> 'DELETED'");
  const count = Number(listed.get(projectId)?.count);
  database.close();
  return { folder, databaseFile, listed: count };
}

/** By the storage's own way; its run is of tomorrow, so that nothing becomes due meanwhile. */
async function storePattern(databaseFile: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const from = Math.ceil((now * 1000) / day) * day;
  const first: NewRun = { period: { from, to: from + day }, dueAt: from / 1000 + 86_400 };
  const job: NewJob = { ...pattern, frequency: { value: "daily" }, createdAt: now };
  const storage = await openStorage(`sqlite:${databaseFile}`);
  await storage.createJob(projectId, job, first);
  await storage.close();
}

function addJobs(database: DatabaseSync, jobs: number): void {
  const job = database.prepare("select * from jobs").get() ?? {};
  const run = database.prepare("select * from runs").get() ?? {};
  const add = { job: prepareInsert(database, "jobs", job), run: prepareInsert(database, "runs", run) };
  for (let index = 0; index < 2 * jobs; index += 1) {
    const id = Number(job.job_id) + 1 + index;
    const project_id = index % 2 === 0 ? projectId : 1000 + (index % otherProjects);
    const kind = describeJob(Math.floor(index / 2));
    add.job({ job_id: id, project_id, name: `Sessions for the warehouse ${id}`, ...kind });
    add.run({ run_id: id, job_id: id, project_id });
  }
}

/** Few are computing, one of a hundred is suspended, as many are deleted; the rest is of all kinds. */
function describeJob(index: number) {
  const isOnce = index % 3 === 0;
  const special = new Map([
    [1, "SUSPENDED"],
    [2, "DELETED"],
  ]).get(index % 100);
  return {
    state: index % 9999 === 0 ? "COMPUTING" : (special ?? (isOnce ? "COMPLETED" : "ACTIVE")),
    frequency: ["once", "daily", "hourly"][index % 3] ?? "once",
    ...(isOnce ? { range_from: 1_790_000_000_000, range_to: 1_790_086_400_000 } : {}),
    format: index % 5 < 3 ? "JSONL" : "CSV",
    scope: index % 7 < 4 ? "sessions" : "views",
  };
}
