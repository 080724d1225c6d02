import type { DataExportApi, NewJob } from "@biped/data-export-api";
import type { Demonstration } from "./demonstration.ts";

const everyJob = {
  state: undefined,
  format: undefined,
  frequency: undefined,
  scope: undefined,
  order: "ASC",
  page: 1,
  limit: 1,
} as const;

/** A few jobs for each project of the cloud that has none yet. */
export async function storeDemonstrationJobs(
  { storage }: Pick<DataExportApi, "storage">,
  { accounts }: Pick<Demonstration, "accounts">,
  { cloud, nowSeconds }: { readonly cloud: string; readonly nowSeconds: number },
): Promise<void> {
  const projects = accounts.flatMap((account) => account.projects).filter((project) => project.cloud === cloud);
  for (const { id } of projects) {
    if ((await storage.listJobs(id, everyJob)).length > 0) continue;
    for (const job of createJobs(nowSeconds)) await storage.createJob(id, job);
  }
}

function createJobs(nowSeconds: number): readonly NewJob[] {
  const always = { state: "ACTIVE", segmentId: undefined } as const;
  const today = Math.floor(nowSeconds / 86_400) * 86_400_000;
  return [
    {
      ...always,
      name: "Nightly sessions",
      format: "JSONL",
      scope: "sessions",
      frequency: { value: "daily" },
      fields: [{ fieldName: "session_id" }, { fieldName: "country_code" }, { fieldName: "session_duration_msec" }],
      deviceLabel: "all",
      createdAt: nowSeconds - 30 * 86_400,
    },
    {
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
    {
      ...always,
      name: "Sessions of last week",
      format: "CSV",
      scope: "sessions",
      frequency: { value: "once", dateRange: { from: today - 7 * 86_400_000, to: today } },
      fields: [{ fieldName: "session_id" }, { fieldName: "browser_name" }, { fieldName: "session_number_of_views" }],
      deviceLabel: "all",
      createdAt: nowSeconds - 3_600,
    },
  ];
}
