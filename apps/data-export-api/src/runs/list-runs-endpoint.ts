import { isRefusal } from "@biped/protocol";
import { findAskedJob } from "../jobs/asked-job.ts";
import { formatNextLink } from "../paging.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import type { Storage } from "../storage/storage.ts";
import { formatRun } from "./format-run.ts";
import { parseRunQuery } from "./run-query.ts";

/** GET /v1/exports/{jobId}/runs: the runs of one job of the token's project. */
export function createListRunsEndpoint(storage: Pick<Storage, "findJob" | "listRuns">): ProtectedEndpoint {
  return async (request, token) => {
    const job = await findAskedJob(storage, request, token);
    if (isRefusal(job)) return job;
    const query = parseRunQuery(request.query, job.jobId);
    if (isRefusal(query)) return query;
    const runs = await storage.listRuns(token.project_id, query);
    const ids = runs.map(({ runId }) => runId);
    const headers = formatNextLink(request, query, ids);
    const log = { clientId: token.client_id, projectId: token.project_id, jobId: job.jobId, count: runs.length };
    return { status: 200, headers, body: { success: true, payload: runs.map(formatRun) }, log };
  };
}
