import { type DataExportApi, everyJob, type NewJob, type NewRun } from "@biped/data-export-api";
import type { Demonstration } from "./demonstration.ts";

const anyJob = { ...everyJob, order: "ASC", page: 1, limit: 1, upTo: undefined } as const;

/** A few jobs for each project of the cloud that has none yet. */
export async function storeDemonstrationJobs(
  { storage }: Pick<DataExportApi, "storage">,
  { accounts }: Pick<Demonstration, "accounts">,
  { cloud, nowSeconds }: { readonly cloud: string; readonly nowSeconds: number },
): Promise<void> {
  const projects = accounts.flatMap((account) => account.projects).filter((project) => project.cloud === cloud);
  for (const { id } of projects) {
    if ((await storage.listJobs(id, anyJob)).length > 0) continue;
    for (const { job, first } of planJobs(nowSeconds)) await storage.createJob(id, job, first);
  }
}

type PlannedJob = { readonly job: NewJob; readonly first: NewRun };

const hour = 3_600_000;
const day = 24 * hour;

/** Each with a run that is due at once, of the latest period that is over; the runs after it come by themselves. */
function planJobs(nowSeconds: number): readonly PlannedJob[] {
  const always = { state: "ACTIVE", segmentId: undefined, formulaGuard: false } as const;
  const today = Math.floor(nowSeconds / 86_400) * day;
  const thisHour = Math.floor(nowSeconds / 3_600) * hour;
  const lastWeek = { from: today - 7 * day, to: today };
  return [
    {
      job: {
        ...always,
        name: "Nightly sessions",
        format: "JSONL",
        scope: "sessions",
        frequency: { value: "daily" },
        fields: [{ fieldName: "session_id" }, { fieldName: "country_code" }, { fieldName: "session_duration_msec" }],
        deviceLabel: "all",
        createdAt: nowSeconds - 30 * 86_400,
      },
      first: { period: { from: today - day, to: today }, dueAt: nowSeconds },
    },
    {
      job: {
        ...always,
        name: "Mobile page views",
        format: "CSV",
        scope: "views",
        frequency: { value: "hourly" },
        fields: [
          { fieldName: "session_id" },
          { fieldName: "url_no_query_param", aliasName: "page" },
          { fieldName: "scroll_rate" },
          { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" },
        ],
        deviceLabel: "mobile",
        createdAt: nowSeconds - 8 * 86_400,
      },
      first: { period: { from: thisHour - hour, to: thisHour }, dueAt: nowSeconds },
    },
    {
      job: {
        ...always,
        name: "Sessions of last week",
        format: "CSV",
        scope: "sessions",
        frequency: { value: "once", dateRange: lastWeek },
        fields: [{ fieldName: "session_id" }, { fieldName: "browser_name" }, { fieldName: "session_number_of_views" }],
        deviceLabel: "all",
        createdAt: nowSeconds - 3_600,
      },
      first: { period: lastWeek, dueAt: nowSeconds },
    },
  ];
}
