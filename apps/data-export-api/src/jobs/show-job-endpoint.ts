import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";
import { formatJob } from "./format-job.ts";

/** GET /v1/exports/{jobId}: one answer for another project's job, for none, and for what is no id at all. */
export function createShowJobEndpoint(storage: Pick<Storage, "findJob">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const jobId = parseJobId(request.params.get("jobId") ?? "");
    const job = jobId === undefined ? undefined : await storage.findJob(token.project_id, jobId);
    if (job === undefined) return refuseUnknownJob();
    const log = { clientId: token.client_id, projectId: token.project_id, jobId: job.jobId };
    return { status: 200, body: { success: true, payload: formatJob(job) }, log };
  };
}

function parseJobId(text: string): number | undefined {
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(id) ? id : undefined;
}

function refuseUnknownJob(): Refusal {
  return refuse("NOT_FOUND", "There is no such export job.");
}
