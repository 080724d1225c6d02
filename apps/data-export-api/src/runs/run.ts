import type { DateRange } from "../jobs/job.ts";

export const runStates = ["CREATED", "RUNNABLE", "RUNNING", "SUCCESS", "FAILURE"] as const;
export type RunState = (typeof runStates)[number];

/** One export of one period. No two runs of a job begin with the same moment. */
export type Run = {
  /** Given by the storage, never given twice. */
  readonly runId: number;
  readonly jobId: number;
  readonly state: RunState;
  /** The rows whose moment is at or after `from` and before `to`; epoch milliseconds. */
  readonly period: DateRange;
  /** Epoch seconds before which it does not begin: the period's end and the delay, or the next attempt. */
  readonly dueAt: number;
  /** How often it has begun. */
  readonly attempts: number;
  /** How often it has failed: attempts that were stopped or killed are none of these. */
  readonly failures: number;
  /** Of the latest attempt, in epoch seconds. */
  readonly startedAt: number | undefined;
  /** Epoch seconds; undefined until it has succeeded or failed for good. */
  readonly endedAt: number | undefined;
  /** What was written; undefined until it has succeeded. They stay when the files have gone. */
  readonly written: WrittenTotals | undefined;
  /** Why the latest attempt failed, for people: no path and no value of any row. */
  readonly failureReason: string | undefined;
};

export type WrittenTotals = { readonly rowCount: number; readonly byteCount: number; readonly fileCount: number };

/** A part of a successful run, until it is deleted. */
export type RunFile = {
  /** 128 random bits in hexadecimal: what links name. */
  readonly fileId: string;
  /** 1 for the run's first part. */
  readonly partId: number;
  /** What the file store calls it, a random name; never told. */
  readonly storedName: string;
  readonly byteCount: number;
  /** Of the bytes as they are sent, in hexadecimal. */
  readonly sha256: string;
  /** Epoch seconds at which it is deleted. */
  readonly expiresAt: number;
};
