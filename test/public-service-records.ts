/** What the simulated public service knows: projects, credentials, tokens, jobs, runs and files. */

import { createHash, createHmac, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";

export type RunState = "CREATED" | "RUNNABLE" | "RUNNING" | "SUCCESS" | "FAILURE";

export type Project = { readonly id: number; readonly name: string; endpoint: string };

export type PublicCredential = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: string;
  readonly projectIds: readonly number[];
  readonly level: "account" | "project";
};

export type IssuedToken = { readonly projectId: number; readonly scopes: readonly string[]; expiresAt: number };

export type JobRecord = {
  readonly jobId: number;
  readonly name: string;
  readonly format: string;
  readonly scope: string;
  readonly frequency: Readonly<Record<string, unknown>>;
  readonly state: string;
  readonly deviceLabel: string;
  readonly fields: readonly unknown[];
};

export type FileRecord = { readonly text: string; readonly bytes: Buffer; readonly etag: string };

export type RunRecord = {
  readonly jobRunId: number;
  readonly jobId: number;
  readonly startDate: string;
  state: RunState;
  /** By part, counted from 1. */
  files: readonly FileRecord[];
};

export type Records = {
  readonly projects: readonly Project[];
  readonly credentials: { readonly account: PublicCredential; readonly project: PublicCredential };
  readonly tokens: Map<string, IssuedToken>;
  readonly jobs: Map<number, { readonly projectId: number; readonly job: JobRecord }>;
  readonly runs: Map<number, RunRecord>;
  readonly nowSeconds: () => number;
};

const scopes = "data-export metrics session-replay symbolicator";

export function createRecords(endpoints: readonly [string, string], nowSeconds: () => number): Records {
  const projects = [
    { id: 42, name: "DEMO SHOP", endpoint: endpoints[0] },
    { id: 43, name: "DEMO APP", endpoint: endpoints[1] },
  ];
  // A secret is any text: what JSON, a shell or a form would change is in it.
  const createSecret = (): string => `p;ub"l\\ic+%=& ${randomBytes(16).toString("hex")}`;
  const credentials = {
    account: {
      clientId: "c3133d76-6d5f-4b5e-9a3c-0f4b6f1f4c01",
      clientSecret: createSecret(),
      scopes,
      projectIds: [42, 43],
      level: "account",
    },
    project: {
      clientId: "9a1f5f0c-22a8-4a53-8a71-5a8f3f6f7b02",
      clientSecret: createSecret(),
      scopes: "data-export metrics",
      projectIds: [42],
      level: "project",
    },
  } as const;
  const records: Records = { projects, credentials, tokens: new Map(), jobs: new Map(), runs: new Map(), nowSeconds };
  fillWithExamples(records);
  return records;
}

function fillWithExamples(records: Records): void {
  const startOf = (daysAgo: number) => ({ startDate: formatDate(records.nowSeconds() - daysAgo * 86_400) });
  addJob(records, 42, { jobId: 1119, name: "Nightly sessions" });
  addJob(records, 42, {
    jobId: 1120,
    name: "Hourly views",
    format: "CSV",
    scope: "views",
    frequency: { value: "hourly" },
  });
  addJob(records, 43, { jobId: 2201, name: "App sessions" });
  addRun(records, 1119, { jobRunId: 130346, ...startOf(3), parts: 2 });
  addRun(records, 1119, { jobRunId: 130347, ...startOf(2), state: "FAILURE" });
  addRun(records, 1119, { jobRunId: 130348, ...startOf(1), parts: 1 });
  addRun(records, 1120, { jobRunId: 130349, ...startOf(1), parts: 1 });
}

export function formatDate(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString();
}

export function addJob(records: Records, projectId: number, parts: Partial<JobRecord> = {}): number {
  const jobId = parts.jobId ?? Math.max(0, ...records.jobs.keys()) + 1;
  const job: JobRecord = {
    jobId,
    name: `Job ${jobId}`,
    format: "JSONL",
    scope: "sessions",
    frequency: { value: "daily" },
    state: "ACTIVE",
    deviceLabel: "all",
    fields: [{ fieldName: "session_id" }],
    ...parts,
  };
  records.jobs.set(jobId, { projectId, job });
  return jobId;
}

export type NewRun = {
  readonly jobRunId?: number;
  readonly state?: RunState;
  readonly startDate?: string;
  /** How many files there are, with content of the service's choice; 1. */
  readonly parts?: number;
  /** Their content before gzip, instead. */
  readonly contents?: readonly string[];
};

export function addRun(records: Records, jobId: number, run: NewRun = {}): number {
  const { state = "SUCCESS", startDate = formatDate(records.nowSeconds()), parts = 1 } = run;
  const jobRunId = run.jobRunId ?? Math.max(0, ...records.runs.keys()) + 1;
  const contents = run.contents ?? Array.from({ length: parts }, (_, index) => createContent(jobRunId, index + 1));
  records.runs.set(jobRunId, { jobRunId, jobId, startDate, state, files: contents.map(createFile) });
  return jobRunId;
}

export function createFile(text: string): FileRecord {
  const bytes = gzipSync(text);
  return { text, bytes, etag: `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"` };
}

/** Some ten kilobytes once packed: what cannot be compressed lets a cut fall in the middle. */
function createContent(runId: number, partId: number): string {
  const digest = (line: number): string =>
    createHmac("sha256", `${runId}/${partId}`).update(String(line)).digest("hex");
  const lines = Array.from({ length: 250 }, (_, line) => JSON.stringify({ session_id: digest(line), city: "Ålesund" }));
  return `${lines.join("\n")}\n`;
}
