/** What a cloud answers the console about exports: jobs and runs in every state, rows and names of every kind. */

import { exportableFields } from "../apps/data-export-api/src/exportable-fields/catalogue.ts";
import { createFakeCloud, type FakeCloud, refuseAs, succeed } from "./fake-cloud.ts";

const day = 86_400;

/**
 * @param nowSeconds As the console's server has it; times are told from it.
 * @param name Of the daily job.
 */
export function createExportingCloud(nowSeconds: number, name = "Nightly sessions"): FakeCloud {
  const today = Math.floor(nowSeconds / day) * day;
  const runs = createRuns(nowSeconds, today);
  const jobs = createJobs(today, name);
  const answers: FakeCloud["answers"] = {
    "GET /v1/exports": () => succeed(200, jobs),
    "POST /v1/exports": () => succeed(201, { jobId: 7 }),
    "GET /v1/exportable-fields": () => succeed(200, exportableFields.sessions),
    "GET /v1/custom-vars": () => succeed(200, [{ position: 3, name: "plan" }]),
    "GET /v1/dynamic-var-keys": () => succeed(200, ["basket_value", "colour"]),
    "POST /v1/administration/preview": () => succeed(200, { ...preview, dateRange: periodOf(today, 1) }),
    "GET /v1/administration/settings": () => succeed(200, { timeZone: "UTC" }),
  };
  for (const job of jobs) {
    const own = job.jobId === daily ? runs : runs.slice(-1).map((run) => ({ ...run, jobId: job.jobId }));
    answers[`GET /v1/exports/${job.jobId}`] = () => succeed(200, job);
    answers[`GET /v1/exports/${job.jobId}/runs`] = () => succeed(200, own);
    answers[`PUT /v1/administration/exports/${job.jobId}/state`] = () => succeed(200, job);
  }
  for (const run of runs.filter(({ state }) => state === "SUCCESS")) {
    const files = createFiles(run.fileCount ?? 0, nowSeconds);
    answers[`GET /v1/exports/${daily}/runs/${run.jobRunId}`] = () => succeed(200, { ...run, files });
  }
  answers["GET /v1/exports/999999"] = () => refuseAs("NOT_FOUND", "There is no such job.");
  return createFakeCloud(answers);
}

/** The job that has runs in every state, and the run of it that has files. */
export const daily = 7;
export const writtenRun = 16;

function createJobs(today: number, name: string) {
  const fields = [
    { fieldName: "session_id" },
    { fieldName: "country_code", aliasName: "country" },
    { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" },
  ];
  const usual = { deviceLabel: "all", segmentId: null, fields, createdAt: formatTime(today - 9 * day) };
  const lastWeek = { from: formatTime(today - 7 * day), to: formatTime(today) };
  const ofViews = { format: "CSV", scope: "views", formulaGuard: true } as const;
  const ofSessions = { format: "JSONL", scope: "sessions" } as const;
  return [
    { ...usual, ...ofSessions, jobId: daily, name, frequency: { value: "daily" }, state: "ACTIVE" },
    { ...usual, ...ofViews, jobId: 6, name: "Page views", frequency: { value: "hourly" }, state: "SUSPENDED" },
    {
      ...{ ...usual, ...ofViews, jobId: 5, state: "COMPLETED", frequency: { value: "once", dateRange: lastWeek } },
      name: "Page views of last week, for the quarterly review of the shop and of everything that is sold in it",
    },
    { ...usual, ...ofSessions, jobId: 4, name: "A trial", frequency: { value: "daily" }, state: "DELETED" },
  ] as const;
}

type ChangedRun = { readonly startDate: string } & Readonly<Record<string, unknown>>;

function createRuns(nowSeconds: number, today: number) {
  const create = (daysAgo: number, state: string, change: ChangedRun) => ({
    ...{ jobRunId: 20 - daysAgo, jobId: daily, state, endDate: null, dateRange: periodOf(today, daysAgo) },
    ...{ completionRate: state === "SUCCESS" ? 100 : 0, attempts: 0, failureReason: null },
    ...{ rowCount: null, byteCount: null, fileCount: null as number | null },
    ...change,
  });
  const night = (daysAgo: number, seconds: number) => formatTime(today - (daysAgo - 1) * day + 3600 + seconds);
  const missing = "There is no data yet for 1 day of the period.";
  const broken = "A file of the data cannot be read: it is cut off, or it is no Parquet file.";
  const written = { rowCount: 10_204_001, byteCount: 734_003_200, fileCount: 3 };
  return [
    create(0, "CREATED", { startDate: night(0, 0) }),
    create(1, "RUNNING", { attempts: 1, startDate: formatTime(nowSeconds - 95) }),
    create(2, "RUNNABLE", { attempts: 2, startDate: night(2, 0), failureReason: missing }),
    create(3, "FAILURE", { attempts: 4, startDate: night(3, 0), endDate: night(3, 12), failureReason: broken }),
    create(4, "SUCCESS", { attempts: 1, startDate: night(4, 0), endDate: night(4, 242), ...written }),
  ];
}

function createFiles(count: number, nowSeconds: number) {
  return Array.from({ length: count }, (_, index) => ({
    partId: index + 1,
    url: `https://api.eu-west-1.example.com/v1/files/${String(index).repeat(32)}?v=1`,
    expirationDate: formatTime(nowSeconds + 900),
    fileExpirationDate: formatTime(nowSeconds + 4 * day),
    byteCount: 104_857_600,
  }));
}

const preview = {
  columns: ["session_id", "country", "referer_url", "errors.message"],
  rows: [
    [1, "FR", "https://example.com/", []],
    [2, null, "", ["<script>alert(1)</script>", '=HYPERLINK("x")']],
    [3, "DE", "https://example.com/a/path/that/goes/on?and=on&".repeat(9), ["one\ntwo"]],
  ],
};

function periodOf(today: number, daysAgo: number) {
  return { from: formatTime(today - daysAgo * day), to: formatTime(today - (daysAgo - 1) * day) };
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
