import { isRefusal } from "@biped/protocol";
import { refuseUnknownJob } from "../jobs/asked-job.ts";
import { readId } from "../object-id.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";

export type DeleteJobParts = { readonly storage: Pick<Storage, "deleteJob">; readonly nowSeconds: () => number };

/** DELETE /v1/administration/exports/{jobId}: nothing of it begins any more. Its files stay until they end. */
export function createDeleteJobEndpoint({ storage, nowSeconds }: DeleteJobParts): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const { project_id: projectId, client_id: clientId } = token;
    const jobId = readId(request.params, "jobId");
    const at = Math.floor(nowSeconds());
    const isDeleted = jobId !== undefined && (await storage.deleteJob(projectId, jobId, at));
    return isDeleted ? { status: 204, body: undefined, log: { clientId, projectId, jobId } } : refuseUnknownJob();
  };
}
