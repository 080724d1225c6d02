import { isRefusal } from "@biped/protocol";
import { formatNextLink } from "../paging.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import type { Storage } from "../storage/storage.ts";
import { formatJob } from "./format-job.ts";
import { parseListQuery } from "./list-query.ts";

/** GET /v1/exports: the jobs of the token's project. */
export function createListJobsEndpoint(storage: Pick<Storage, "listJobs">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseListQuery(request.query);
    if (isRefusal(query)) return query;
    const jobs = await storage.listJobs(token.project_id, query);
    const ids = jobs.map(({ jobId }) => jobId);
    const headers = formatNextLink(request, query, ids);
    const log = { clientId: token.client_id, projectId: token.project_id, count: jobs.length };
    return { status: 200, headers, body: { success: true, payload: jobs.map(formatJob) }, log };
  };
}
