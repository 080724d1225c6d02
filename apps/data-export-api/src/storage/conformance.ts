import { type Database, openDatabase } from "@biped/database";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ListQuery } from "../jobs/list-query.ts";
import { migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";
import { openStorage } from "./sql-storage.ts";
import type { ClaimedRun, Lease, NewJob, NewRun, Storage } from "./storage.ts";

export type Suite = {
  readonly name: string;
  /** Of a new empty database. */
  readonly createUrl: () => Promise<string>;
};

export type Given = {
  readonly storage: Storage;
  /** The same database, as another program has opened it. */
  readonly other: Storage;
};

/** Tests of which each begins with an empty database. */
export function group(
  { name, createUrl }: Suite,
  noun: string,
  add: (it: (name: string, run: (given: Given) => Promise<void>) => void) => void,
): void {
  describe(`${name}: ${noun}`, () => {
    let given: Given;
    let database: Database<Schema>;
    beforeAll(async () => {
      const url = await createUrl();
      given = { storage: await openStorage(url), other: await openStorage(url) };
      database = await openDatabase<Schema>({ url, migrations });
    });
    beforeEach(async () => {
      for (const table of ["files", "runs", "jobs", "project_settings", "link_keys"] as const) {
        await database.db.deleteFrom(table).execute();
      }
    });
    afterAll(() => Promise.all([given.storage.close(), given.other.close(), database.close()]));
    add((promise, run) => test(promise, () => run(given)));
  });
}

export const project = 42;
export const otherProject = 43;

export const daily: NewJob = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
  segmentId: undefined,
  formulaGuard: false,
  state: "ACTIVE",
  createdAt: 1_700_000_000,
};

export const once: NewJob = {
  ...daily,
  frequency: { value: "once", dateRange: { from: 0, to: 7 * 86_400_000 } },
};

/** The run of the day of that number, due ten minutes after it. */
export function runOfDay(day: number): NewRun {
  return { period: { from: day * 86_400_000, to: (day + 1) * 86_400_000 }, dueAt: (day + 1) * 86_400 + 600 };
}

/** After all that these tests plan. */
export const muchLater = 4_000_000_000;

let lastLease = 0;

export function createLease(leaseMilliseconds = 60_000): Lease {
  lastLease += 1;
  return { leaseId: lastLease.toString(16).padStart(32, "0"), leaseMilliseconds };
}

/** A job whose run of that day is RUNNABLE. @returns their ids. */
export async function createRunnable(
  storage: Storage,
  { projectId = project, job = daily, day = 0 }: { projectId?: number; job?: NewJob; day?: number } = {},
): Promise<{ readonly jobId: number; readonly runId: number }> {
  const jobId = await storage.createJob(projectId, job, runOfDay(day));
  const [run] = await storage.listRuns(projectId, { ...everyRun, jobId });
  const next = job.frequency.value === "once" ? undefined : runOfDay(day + 1);
  expect(run !== undefined && (await storage.releaseRun(run.runId, next))).toBe(true);
  return { jobId, runId: run?.runId ?? 0 };
}

export async function claim(storage: Storage, lease = createLease()): Promise<ClaimedRun> {
  const claimed = await storage.claimRun(lease, muchLater);
  if (claimed === undefined) throw new Error("There is nothing to claim.");
  return claimed;
}

export const everyRun = {
  jobId: undefined,
  state: undefined,
  order: "ASC",
  page: 1,
  limit: 100,
  upTo: undefined,
} as const;

export const everyJob: ListQuery = {
  state: undefined,
  format: undefined,
  frequency: undefined,
  scope: undefined,
  order: "ASC",
  page: 1,
  limit: 100,
  upTo: undefined,
};
