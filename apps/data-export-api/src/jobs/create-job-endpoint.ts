import { isRefusal, refuse } from "@biped/protocol";
import { readBodyText } from "../json-body.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { planFirstRun } from "../schedule/periods.ts";
import type { Storage } from "../storage/storage.ts";
import { parseJobRequest } from "./job-request.ts";
import { everyJob } from "./list-query.ts";

export type CreateJobParts = {
  readonly storage: Pick<Storage, "createJob" | "listJobs" | "findProjectSettings">;
  readonly limits: JobLimits;
  /** After the end of a period, until its data is expected to be complete. */
  readonly delaySeconds: number;
  /** Tells the runner that there may be work. */
  readonly wake: () => void;
  readonly nowSeconds: () => number;
};

export type JobLimits = {
  /** Those that are not DELETED. */
  readonly jobsPerProject: number;
};

/** POST /v1/exports: a new job in the token's project, with the run that it begins with. */
export function createCreateJobEndpoint(parts: CreateJobParts): ProtectedEndpoint {
  const { storage, delaySeconds, wake, nowSeconds } = parts;
  const { jobsPerProject } = parts.limits;
  return async (request, token) => {
    // Read
    const text = readBodyText(request);
    if (isRefusal(text)) return text;
    const createdAt = Math.floor(nowSeconds());

    // Decide
    const asked = parseJobRequest(text, createdAt);
    if (isRefusal(asked)) return asked;
    if (await hasJobs(storage, token.project_id, jobsPerProject)) {
      return refuse("LIMIT_REACHED", `A project may have at most ${jobsPerProject} export jobs; delete one first.`);
    }
    const { timeZone } = await storage.findProjectSettings(token.project_id);
    const first = planFirstRun(asked, { timeZone, nowSeconds: createdAt, delaySeconds });

    // Act
    const jobId = await storage.createJob(token.project_id, { ...asked, state: "ACTIVE", createdAt }, first);
    wake();

    // Answer
    const headers = { location: `/v1/exports/${jobId}` };
    const log = { clientId: token.client_id, projectId: token.project_id, jobId };
    return { status: 201, headers, body: { success: true, payload: { jobId } }, log };
  };
}

/** Whether there is a job of that place in the list. Jobs that are created at the same moment may pass the limit. */
async function hasJobs(storage: Pick<Storage, "listJobs">, projectId: number, count: number): Promise<boolean> {
  const page = { order: "ASC", limit: 1, page: count, upTo: undefined } as const;
  return (await storage.listJobs(projectId, { ...everyJob, ...page })).length > 0;
}
