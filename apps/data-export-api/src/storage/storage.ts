/**
 * The storage port. Whatever names a job names its project too, so that no job is found for another one's token.
 * A dead store throws.
 */

import type { Job } from "../jobs/job.ts";
import type { ListQuery } from "../jobs/list-query.ts";

export type NewJob = Omit<Job, "jobId">;

export type Storage = {
  /** @returns the id, which no other job has, had or will have. */
  readonly createJob: (projectId: number, job: NewJob) => Promise<number>;
  /** Undefined for another project's job as for none. */
  readonly findJob: (projectId: number, jobId: number) => Promise<Job | undefined>;
  /** In the order of their ids. */
  readonly listJobs: (projectId: number, query: ListQuery) => Promise<readonly Job[]>;

  /** Rejects within a second while the store is away. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};
