/** The Data Export API of the simulated public service, at one of its clouds. */

import { parseObject } from "./public-service-authentication.ts";
import { type Answer, createJson, type Received } from "./public-service-exchange.ts";
import { addJob, addRun, type JobRecord, type Records, type RunRecord } from "./public-service-records.ts";

export type ExportSettings = {
  /** More are never on a page, whatever `limit` says; the service does not tell. */
  mostItemsPerPage: number;
  /** Whether each look at runs moves those that are not over one state on. */
  isLookingProgress: boolean;
  /** What `dynamic-var-keys` lists: plain keys, or objects with the key in them. */
  dynamicVarKeys: readonly (string | { readonly key: string })[];
};

export type ExportParts = {
  readonly records: Records;
  readonly settings: ExportSettings;
  /** Base URL of this cloud. */
  readonly endpoint: string;
  readonly nowSeconds: () => number;
  readonly createFiles: (run: RunRecord) => readonly unknown[];
};

type Own = { readonly projectId: number; readonly query: URLSearchParams; readonly received: Received };

export function handleExports(parts: ExportParts, received: Received): Answer {
  const { records, endpoint, nowSeconds } = parts;
  const [, given] = /^Bearer (.+)$/i.exec(received.headers.authorization ?? "") ?? [];
  const token = records.tokens.get(given ?? "");
  if (token === undefined) return fail(401, "Auth token is invalid.", "UNAUTHORIZED");
  if (token.expiresAt <= nowSeconds()) return fail(401, "Auth token is expired.", "JWT_EXPIRED");
  const project = records.projects.find(({ id }) => id === token.projectId);
  if (project?.endpoint !== endpoint) return fail(421, "The project lives on another cloud.", "WRONG_CLOUD");
  if (!token.scopes.includes("data-export")) return fail(403, "Forbidden.", "FORBIDDEN");
  const own = { projectId: token.projectId, query: received.url.searchParams, received };
  const payload = route(parts, own);
  return payload === undefined ? fail(404, "Not found.", "NOT_FOUND") : payload;
}

function route(parts: ExportParts, own: Own): Answer | undefined {
  const { records, settings } = parts;
  const { pathname } = own.received.url;
  const isGet = own.received.method === "GET";
  if (pathname === "/v1/exports") return isGet ? listJobs(parts, own) : create(parts, own);
  if (!isGet) return undefined;
  if (pathname === "/v1/exports/successful-runs") {
    const isOwn = ({ jobId, state }: RunRecord) =>
      state === "SUCCESS" && records.jobs.get(jobId)?.projectId === own.projectId;
    return listRuns(parts, own, isOwn);
  }
  if (pathname === "/v1/exportable-fields") return succeed(exportableFields[own.query.get("scope") ?? ""] ?? []);
  if (pathname === "/v1/custom-vars")
    return succeed([
      { position: 3, name: "plan" },
      { position: 7, name: "theme" },
    ]);
  if (pathname === "/v1/dynamic-var-keys") return succeed(settings.dynamicVarKeys);
  return routeJob(parts, own, pathname);
}

function routeJob(parts: ExportParts, own: Own, pathname: string): Answer | undefined {
  const [, job, runs, run] = /^\/v1\/exports\/(\d+)(?:(\/runs)(?:\/(\d+))?)?$/.exec(pathname) ?? [];
  const found = parts.records.jobs.get(Number(job));
  if (found?.projectId !== own.projectId) return undefined;
  if (runs === undefined) return succeed(found.job);
  if (run === undefined) return listRuns(parts, own, ({ jobId }) => jobId === found.job.jobId);
  const one = parts.records.runs.get(Number(run));
  if (one?.jobId !== found.job.jobId) return undefined;
  lookAt(parts, one);
  return succeed({ ...formatRun(one), files: one.state === "SUCCESS" ? parts.createFiles(one) : [] });
}

function listJobs(parts: ExportParts, own: Own): Answer {
  const { query, projectId } = own;
  const isAsked = (name: string, value: unknown): boolean => !query.has(name) || query.get(name) === value;
  const jobs = [...parts.records.jobs.values()]
    .filter((each) => each.projectId === projectId)
    .map(({ job }) => job)
    .filter(
      ({ state, format, scope }) => isAsked("state", state) && isAsked("format", format) && isAsked("scope", scope),
    )
    .filter(({ frequency }) => isAsked("frequency", frequency.value))
    .sort((one, other) => one.jobId - other.jobId);
  return succeed(takePage(parts, query, jobs));
}

function listRuns(parts: ExportParts, { query }: Own, isMeant: (run: RunRecord) => boolean): Answer {
  const meant = [...parts.records.runs.values()].filter(isMeant);
  for (const run of meant) lookAt(parts, run);
  const runs = meant
    .filter(({ state }) => !query.has("state") || query.get("state") === state)
    .sort((one, other) => one.jobRunId - other.jobRunId);
  return succeed(takePage(parts, query, runs).map(formatRun));
}

/** The newest come first unless another order is asked for. */
function takePage<Item>({ settings }: ExportParts, query: URLSearchParams, items: readonly Item[]): readonly Item[] {
  const limit = Math.min(Number(query.get("limit") ?? 20), settings.mostItemsPerPage);
  const first = (Number(query.get("page") ?? 1) - 1) * limit;
  return (query.get("order") === "ASC" ? items : items.toReversed()).slice(first, first + limit);
}

const nextStates = { CREATED: "RUNNABLE", RUNNABLE: "RUNNING", RUNNING: "SUCCESS" } as const;

function lookAt({ settings }: ExportParts, run: RunRecord): void {
  if (!settings.isLookingProgress || run.state === "SUCCESS" || run.state === "FAILURE") return;
  run.state = nextStates[run.state];
}

function formatRun({ jobRunId, state, startDate }: RunRecord) {
  return { jobRunId, state, startDate, completionRate: state === "SUCCESS" ? 100 : 0 };
}

/** A job that runs once has its run at once, which has not begun. */
function create({ records }: ExportParts, { projectId, received }: Own): Answer {
  const body = parseObject(received.text);
  if (typeof body?.name !== "string" || body.name === "" || !Array.isArray(body.fields) || body.fields.length === 0) {
    return fail(400, "The export job is not valid.", "INVALID_EXPORT");
  }
  const given: Partial<JobRecord> = { ...body };
  const jobId = addJob(records, projectId, {
    ...given,
    jobId: Math.max(0, ...records.jobs.keys()) + 1,
    state: "ACTIVE",
  });
  if (given.frequency?.value === "once") addRun(records, jobId, { state: "CREATED" });
  return createJson(201, { success: true, payload: { jobId } });
}

function succeed(payload: unknown): Answer {
  return createJson(200, { success: true, payload });
}

function fail(status: number, errorMessage: string, errorCode: string): Answer {
  return createJson(status, { success: false, errorMessage, errorCode });
}

const exportableFields: Readonly<Record<string, readonly unknown[]>> = {
  sessions: [
    { name: "session_id", type: "Integer", description: "The session." },
    { name: "city", type: "String", description: "Where the session took place." },
    { name: "custom_var", type: "String", description: "A custom variable." },
  ],
  views: [
    { name: "view_duration_msec", type: "Integer", description: "How long the page was seen." },
    { name: "errors.message", type: "Array(String)", description: "Texts of errors." },
  ],
};
