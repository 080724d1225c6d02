import { isRefusal } from "@biped/protocol";
import { formatNextLink } from "../paging.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import type { Storage } from "../storage/storage.ts";
import { formatRun } from "./format-run.ts";
import { parseSuccessfulRunsQuery } from "./run-query.ts";

/** GET /v1/exports/successful-runs: those of every job of the token's project. */
export function createListSuccessfulRunsEndpoint(storage: Pick<Storage, "listRuns">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseSuccessfulRunsQuery(request.query);
    if (isRefusal(query)) return query;
    const runs = await storage.listRuns(token.project_id, query);
    const ids = runs.map(({ runId }) => runId);
    const headers = formatNextLink(request, query, ids);
    const log = { clientId: token.client_id, projectId: token.project_id, count: runs.length };
    return { status: 200, headers, body: { success: true, payload: runs.map(formatRun) }, log };
  };
}
