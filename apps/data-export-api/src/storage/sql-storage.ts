import { openDatabase } from "@biped/database";
import type { Frequency, Job, JobField } from "../jobs/job.ts";
import { migrations } from "./migrations.ts";
import type { JobRow, NewJobRow, Schema } from "./schema.ts";
import type { NewJob, Storage } from "./storage.ts";

/**
 * The storage on SQLite or PostgreSQL. The database is this API's own: each program keeps its migrations' record there.
 * @param url `sqlite:PATH` or `postgres://…`.
 */
export async function openStorage(url: string): Promise<Storage> {
  const { db, ping, close } = await openDatabase<Schema>({ url, migrations });
  const selectJobs = (projectId: number) => db.selectFrom("jobs").selectAll().where("project_id", "=", projectId);
  return {
    async createJob(projectId, job) {
      const row = formatRow(projectId, job);
      const created = await db.insertInto("jobs").values(row).returning("job_id").executeTakeFirstOrThrow();
      return created.job_id;
    },
    async findJob(projectId, jobId) {
      const row = await selectJobs(projectId).where("job_id", "=", jobId).executeTakeFirst();
      return row === undefined ? undefined : readRow(row);
    },
    async listJobs(projectId, { state, format, frequency, scope, order, page, limit }) {
      let jobs = selectJobs(projectId);
      jobs = state === undefined ? jobs.where("state", "<>", "DELETED") : jobs.where("state", "=", state);
      if (format !== undefined) jobs = jobs.where("format", "=", format);
      if (frequency !== undefined) jobs = jobs.where("frequency", "=", frequency);
      if (scope !== undefined) jobs = jobs.where("scope", "=", scope);
      const direction = order === "ASC" ? "asc" : "desc";
      const pages = jobs
        .orderBy("job_id", direction)
        .limit(limit)
        .offset((page - 1) * limit);
      return (await pages.execute()).map(readRow);
    },
    ping,
    close,
  };
}

function formatRow(projectId: number, job: NewJob): NewJobRow {
  const range = job.frequency.value === "once" ? job.frequency.dateRange : undefined;
  return {
    project_id: projectId,
    name: job.name,
    format: job.format,
    scope: job.scope,
    frequency: job.frequency.value,
    range_from: range?.from ?? null,
    range_to: range?.to ?? null,
    fields: JSON.stringify(job.fields),
    device_label: job.deviceLabel,
    segment_id: job.segmentId ?? null,
    state: job.state,
    created_at: job.createdAt,
  };
}

function readRow(row: JobRow): Job {
  const fields: readonly JobField[] = JSON.parse(row.fields);
  return {
    jobId: row.job_id,
    name: row.name,
    format: row.format,
    scope: row.scope,
    frequency: readFrequency(row),
    fields,
    deviceLabel: row.device_label,
    segmentId: row.segment_id ?? undefined,
    state: row.state,
    createdAt: row.created_at,
  };
}

function readFrequency({ job_id, frequency, range_from, range_to }: JobRow): Frequency {
  if (frequency !== "once") return { value: frequency };
  if (range_from === null || range_to === null) throw new Error(`Job ${job_id} is to run once and has no date range.`);
  return { value: frequency, dateRange: { from: range_from, to: range_to } };
}
