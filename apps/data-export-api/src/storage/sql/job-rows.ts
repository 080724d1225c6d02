import type { Frequency, Job, JobField } from "../../jobs/job.ts";
import type { JobRow, NewJobRow } from "../schema.ts";
import type { NewJob } from "../storage.ts";

/** Of jobs whose runs may begin. */
export const openStates = ["ACTIVE", "COMPUTING"] as const;

/** Those of a job itself that no other table has, for selections of several tables. */
export const jobColumns = [
  "jobs.job_id",
  "jobs.name",
  "jobs.format",
  "jobs.scope",
  "jobs.frequency",
  "jobs.range_from",
  "jobs.range_to",
  "jobs.fields",
  "jobs.device_label",
  "jobs.segment_id",
  "jobs.formula_guard",
  "jobs.created_at",
  "jobs.state as job_state",
] as const;

export type SelectedJob = Omit<JobRow, "project_id" | "state" | "is_planned"> & { readonly job_state: JobRow["state"] };

export function toJob(row: SelectedJob): Job {
  const fields: readonly JobField[] = JSON.parse(row.fields);
  return {
    jobId: row.job_id,
    name: row.name,
    format: row.format,
    scope: row.scope,
    frequency: toFrequency(row),
    fields,
    deviceLabel: row.device_label,
    segmentId: row.segment_id ?? undefined,
    formulaGuard: row.formula_guard === 1,
    state: row.job_state,
    createdAt: row.created_at,
  };
}

function toFrequency({ job_id, frequency, range_from, range_to }: SelectedJob): Frequency {
  if (frequency !== "once") return { value: frequency };
  if (range_from === null || range_to === null) throw new Error(`Job ${job_id} is to run once and has no date range.`);
  return { value: frequency, dateRange: { from: range_from, to: range_to } };
}

export function toNewJobRow(projectId: number, job: NewJob): NewJobRow {
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
    formula_guard: job.formulaGuard ? 1 : 0,
    state: job.state,
    created_at: job.createdAt,
    is_planned: 1,
  };
}
