/**
 * The storage port. Whatever a caller names, names its project too, so that nothing is found for another one's token.
 * Every method is one atomic fact. A dead store throws.
 */

import type { Job } from "../jobs/job.ts";
import type { ListQuery } from "../jobs/list-query.ts";
import type { Run, RunFile, WrittenTotals } from "../runs/run.ts";
import type { RunQuery } from "../runs/run-query.ts";

export type NewJob = Omit<Job, "jobId">;

/** The run that a job begins with, or the one after another. */
export type NewRun = Pick<Run, "period" | "dueAt">;

export type RunWithFiles = { readonly run: Run; readonly files: readonly RunFile[] };

/** A run that waits for its time, with what the next one is made of. */
export type DueRun = { readonly run: Run; readonly job: Job; readonly projectId: number; readonly timeZone: string };

export type UnplannedJob = Omit<DueRun, "run">;

/** A run that one worker alone may finish, as long as it renews the lease. */
export type ClaimedRun = { readonly run: Run; readonly job: Job; readonly projectId: number; readonly leaseId: string };

/** Where a link leads. */
export type LinkedFile = {
  readonly file: RunFile;
  readonly job: Job;
  readonly run: Run;
  readonly projectId: number;
};

export type LinkKey = { readonly keyId: string; readonly secret: Uint8Array; readonly createdAt: number };

export type ProjectSettings = {
  /** By which hours and days are told; a name of the IANA database. */
  readonly timeZone: string;
  /** Raised to end every link of the project. */
  readonly linkEpoch: number;
};

export type Lease = {
  /** 128 random bits in hexadecimal: no other attempt has it. */
  readonly leaseId: string;
  /** By the store's own clock, not by that of any program. */
  readonly leaseMilliseconds: number;
};

export type Storage = JobStorage &
  RunStorage &
  FileStorage &
  WorkStorage &
  SettingsStorage & {
    /** Rejects within a second while the store is away. */
    readonly ping: () => Promise<void>;
    readonly close: () => Promise<void>;
  };

export type JobStorage = {
  /** The job and its first run, which waits. @returns the id, which no other job has, had or will have. */
  readonly createJob: (projectId: number, job: NewJob, first: NewRun) => Promise<number>;
  /** Undefined for another project's job as for none. */
  readonly findJob: (projectId: number, jobId: number) => Promise<Job | undefined>;
  /** In the order of their ids. */
  readonly listJobs: (projectId: number, query: ListQuery) => Promise<readonly Job[]>;
  /** ACTIVE to SUSPENDED: nothing of it begins any more; what runs is finished. False where it is in another state. */
  readonly suspendJob: (projectId: number, jobId: number) => Promise<boolean>;
  /** SUSPENDED to ACTIVE; its waiting run, if it has not begun yet, is put to `next`. False where it is in another state. */
  readonly resumeJob: (projectId: number, jobId: number, next: NewRun | undefined) => Promise<boolean>;
  /** Any state to DELETED: waiting runs go, a running one fails at once. False where there is no job, or it is DELETED. */
  readonly deleteJob: (projectId: number, jobId: number, at: number) => Promise<boolean>;
};

/** What has not ended, by state. */
export type OpenRuns = Readonly<Record<"CREATED" | "RUNNABLE" | "RUNNING", number>>;

export type RunStorage = {
  /** Of all projects; by small indexes, however many runs there are. */
  readonly countOpenRuns: () => Promise<OpenRuns>;
  /** In the order of their ids. */
  readonly listRuns: (projectId: number, query: RunQuery) => Promise<readonly Run[]>;
  /** With its files, by their parts. Undefined for another project's run, for another job's and for none. */
  readonly findRun: (projectId: number, jobId: number, runId: number) => Promise<RunWithFiles | undefined>;
};

export type FileStorage = {
  readonly findLinkedFile: (fileId: string) => Promise<LinkedFile | undefined>;
  /** Of all files that the project has by now. */
  readonly sumFileBytes: (projectId: number) => Promise<number>;
  readonly sumAllFileBytes: () => Promise<number>;
  /** At most `limit` that are over, the oldest first. */
  readonly listExpiredFiles: (nowSeconds: number, limit: number) => Promise<readonly RunFile[]>;
  /** After their bytes have gone. */
  readonly forgetFiles: (fileIds: readonly string[]) => Promise<void>;
  /** Those of these names that a file of a run has. */
  readonly findStoredNames: (names: readonly string[]) => Promise<ReadonlySet<string>>;
};

export type WorkStorage = {
  /** At most `limit` ACTIVE jobs that have no run at all: those of a program before this one. */
  readonly listUnplannedJobs: (limit: number) => Promise<readonly UnplannedJob[]>;
  /** The first run of such a job. False where it has one by now. */
  readonly planFirstRun: (jobId: number, first: NewRun) => Promise<boolean>;
  /** At most `limit` runs in the state CREATED of ACTIVE jobs whose time has come, the first due first. */
  readonly listDueRuns: (nowSeconds: number, limit: number) => Promise<readonly DueRun[]>;
  /**
   * CREATED to RUNNABLE, and the run that comes after it. False, and nothing done, where somebody was faster, or the job is
   * no longer ACTIVE.
   */
  readonly releaseRun: (runId: number, next: NewRun | undefined) => Promise<boolean>;
  /**
   * A RUNNING run whose lease is over, or the RUNNABLE one that has been due longest, of the project whose turn it is; it
   * is RUNNING now, its attempt is counted, and its job, if it is to run once, is COMPUTING. Only of jobs that are ACTIVE
   * or COMPUTING, and of no project that rests.
   */
  readonly claimRun: (
    lease: Lease,
    nowSeconds: number,
    resting?: ReadonlySet<number>,
  ) => Promise<ClaimedRun | undefined>;
  /** False where the lease is another one's meanwhile, or the run is over: then stop. */
  readonly renewLease: (runId: number, lease: Lease) => Promise<boolean>;
  /** SUCCESS with its files; a job that runs once is COMPLETED. False, and nothing stored, where the lease is lost. */
  readonly completeRun: (runId: number, leaseId: string, outcome: SuccessfulOutcome) => Promise<boolean>;
  /**
   * Back to RUNNABLE until `retryAt`, or FAILURE without it; then a job that runs once is COMPLETED. False where the
   * lease is lost.
   */
  readonly failRun: (runId: number, leaseId: string, outcome: FailedOutcome) => Promise<boolean>;
  /** Back to RUNNABLE at once, without a failure: its worker stops. False where the lease is lost. */
  readonly giveBackRun: (runId: number, leaseId: string) => Promise<boolean>;
};

export type SuccessfulOutcome = {
  /** Epoch seconds. */
  readonly endedAt: number;
  readonly written: WrittenTotals;
  readonly files: readonly RunFile[];
};

export type FailedOutcome = {
  /** Epoch seconds. */
  readonly endedAt: number;
  readonly reason: string;
  /** Epoch seconds; undefined for never. */
  readonly retryAt: number | undefined;
};

export type SettingsStorage = {
  /** UTC and 0 for a project of which nothing was ever set. */
  readonly findProjectSettings: (projectId: number) => Promise<ProjectSettings>;
  /** Runs that wait keep their period; the ones after them follow the new time zone. */
  readonly setTimeZone: (projectId: number, timeZone: string) => Promise<void>;
  readonly raiseLinkEpoch: (projectId: number) => Promise<void>;
  /** Adds a key unless there is one created after `notBefore`; several at once agree on one. @returns all, newest first. */
  readonly keepLinkKey: (key: LinkKey, notBefore: number) => Promise<readonly LinkKey[]>;
  /** Newest first. */
  readonly listLinkKeys: () => Promise<readonly LinkKey[]>;
  /** Those created before. */
  readonly forgetLinkKeys: (createdBefore: number) => Promise<void>;
};
