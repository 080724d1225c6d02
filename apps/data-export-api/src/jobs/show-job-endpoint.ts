import { isRefusal } from "@biped/protocol";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";
import { findAskedJob } from "./asked-job.ts";
import { formatJob } from "./format-job.ts";

/** GET /v1/exports/{jobId}. */
export function createShowJobEndpoint(storage: Pick<Storage, "findJob">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const job = await findAskedJob(storage, request, token);
    if (isRefusal(job)) return job;
    const log = { clientId: token.client_id, projectId: token.project_id, jobId: job.jobId };
    return { status: 200, body: { success: true, payload: formatJob(job) }, log };
  };
}
