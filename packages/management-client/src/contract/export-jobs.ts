import { z } from "zod";
import { defineOperations, id, idText, instant, pageOf, pageQuery } from "./operation.ts";

const jobStates = ["ACTIVE", "COMPUTING", "COMPLETED", "SUSPENDED", "DELETED"] as const;
const runStates = ["CREATED", "RUNNABLE", "RUNNING", "SUCCESS", "FAILURE"] as const;
const formats = ["JSONL", "CSV"] as const;
const scopes = ["sessions", "views"] as const;
const frequencies = ["once", "daily", "hourly"] as const;

const dateRange = z.object({ from: instant, to: instant });

const field = z.object({
  fieldName: z.string().max(255),
  aliasName: z.string().max(255).optional().describe("What the column is called in the file instead"),
  customVarPosition: z.int().min(1).max(20).optional().describe("With custom_var and only with it"),
  dynamicVarKey: z.string().max(255).optional().describe("With dynamic_var and only with it"),
});

const frequency = z.object({
  value: z.enum(frequencies),
  dateRange: dateRange.strict().optional().describe("For once only"),
});

/** Strict all through: a member that was passed over might have narrowed what is exported. */
const newJob = z.object({
  name: z.string().max(255),
  format: z.enum(formats),
  scope: z.enum(scopes),
  frequency: frequency.strict(),
  fields: z.array(field.strict()).min(1).max(200),
  deviceLabel: z.enum(["all", "desktop", "mobile", "tablet"]).optional(),
  segmentId: z.int().min(1).optional().describe("All users if absent"),
  formulaGuard: z
    .boolean()
    .optional()
    .describe("CSV: cells that a spreadsheet would take for a formula get an apostrophe in front; false if absent"),
});

const job = newJob.extend({
  jobId: id,
  state: z.enum(jobStates),
  frequency: frequency.extend({ dateRange: dateRange.optional() }),
  fields: z.array(field),
  deviceLabel: z.enum(["all", "desktop", "mobile", "tablet"]),
  segmentId: z.int().nullable(),
  createdAt: instant,
});

const run = z.object({
  jobRunId: id,
  jobId: id,
  state: z.enum(runStates),
  startDate: instant.describe("When it began, or will begin at the earliest"),
  endDate: instant.nullable(),
  dateRange: dateRange.describe("The rows that it exports"),
  completionRate: z.int().describe("100 where it has succeeded, else 0"),
  attempts: z.int(),
  rowCount: z.int().nullable(),
  byteCount: z.int().nullable().describe("Of all files, as they are sent"),
  fileCount: z.int().nullable(),
  failureReason: z.string().nullable().describe("Why the latest attempt failed"),
});

const runWithFiles = run.extend({
  files: z.array(
    z.object({
      partId: id,
      url: z.string().describe("Signed: whoever has it can fetch the file, until the link ends"),
      expirationDate: instant.describe("When the link ends"),
      fileExpirationDate: instant.describe("When the file is deleted"),
      byteCount: z.int(),
    }),
  ),
});

const preview = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.unknown())).describe("At most ten, with a value for each column"),
  dateRange: dateRange.describe("The rows are of this time"),
});

const settings = z.object({
  timeZone: z.string().max(100).describe("By which hours and days begin; a name of the IANA database"),
});

export type ExportJob = z.infer<typeof job>;
export type NewExportJob = z.infer<typeof newJob>;
export type ExportRun = z.infer<typeof run>;
export type ExportRunWithFiles = z.infer<typeof runWithFiles>;
export type ExportPreview = z.infer<typeof preview>;
export type ExportSettings = z.infer<typeof settings>;

const project = z.object({ projectId: idText });
const ofJob = project.extend({ jobId: idText });

/** What happens at the project's cloud: the server passes it on, with a token of one minute for that project. */
export const exportJobOperations = defineOperations({
  "GET /api/projects/:projectId/export-jobs": {
    summary: "List the export jobs of a project, the newest first",
    noun: "export-jobs",
    access: "viewer",
    params: project,
    query: z.object({ ...pageQuery, state: z.enum(jobStates).optional() }),
    status: 200,
    answer: pageOf(job),
  },
  "POST /api/projects/:projectId/export-jobs": {
    summary: "Create an export job",
    noun: "export-jobs",
    access: "administrator",
    params: project,
    body: newJob,
    status: 201,
    answer: job,
  },
  "POST /api/projects/:projectId/export-preview": {
    summary: "Show ten rows of what a job would export",
    noun: "export-jobs",
    access: "administrator",
    params: project,
    body: newJob,
    status: 200,
    answer: preview,
  },
  "GET /api/projects/:projectId/export-jobs/:jobId": {
    summary: "Show an export job",
    noun: "export-jobs",
    access: "viewer",
    params: ofJob,
    status: 200,
    answer: job,
  },
  "PUT /api/projects/:projectId/export-jobs/:jobId/state": {
    summary: "Pause an export job, or let it go on",
    noun: "export-jobs",
    access: "administrator",
    params: ofJob,
    body: z.object({ state: z.enum(["ACTIVE", "SUSPENDED"]) }),
    status: 200,
    answer: job,
  },
  "DELETE /api/projects/:projectId/export-jobs/:jobId": {
    summary: "Delete an export job; files that it has made stay until they end",
    noun: "export-jobs",
    access: "administrator",
    params: ofJob,
    status: 204,
  },
  "GET /api/projects/:projectId/export-jobs/:jobId/runs": {
    summary: "List the runs of an export job, the newest first",
    noun: "export-jobs",
    access: "viewer",
    params: ofJob,
    query: z.object({ ...pageQuery, state: z.enum(runStates).optional() }),
    status: 200,
    answer: pageOf(run),
  },
  "GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId": {
    summary: "Show a run with new links to its files",
    noun: "export-jobs",
    access: "administrator",
    params: ofJob.extend({ runId: idText }),
    status: 200,
    answer: runWithFiles,
  },
  "GET /api/projects/:projectId/exportable-fields": {
    summary:
      "List what a job may export: fields, and the custom and dynamic variables that were seen in the last 7 days",
    noun: "export-jobs",
    access: "viewer",
    params: project,
    query: z.object({ scope: z.enum(scopes) }),
    status: 200,
    answer: z.object({
      fields: z.array(z.object({ name: z.string(), type: z.string(), description: z.string() })),
      customVars: z.array(z.object({ position: z.int(), name: z.string() })),
      dynamicVarKeys: z.array(z.string()),
    }),
  },
  "GET /api/projects/:projectId/export-settings": {
    summary: "Show by which time zone a project's exports begin",
    noun: "export-jobs",
    access: "viewer",
    params: project,
    status: 200,
    answer: settings,
  },
  "PUT /api/projects/:projectId/export-settings": {
    summary: "Set the time zone; runs that wait keep their period",
    noun: "export-jobs",
    access: "administrator",
    params: project,
    body: settings.strict(),
    status: 200,
    answer: settings,
  },
  "DELETE /api/projects/:projectId/export-links": {
    summary: "End every link to a file of the project; reading a run gives new ones",
    noun: "export-jobs",
    access: "administrator",
    params: project,
    status: 204,
  },
});
