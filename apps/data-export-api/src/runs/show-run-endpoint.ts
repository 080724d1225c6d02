import type { Guard } from "@biped/guard";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { Links } from "../files/links.ts";
import { readId } from "../object-id.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";
import { formatFile, formatRun } from "./format-run.ts";

export type ShowRunParts = {
  readonly guard: Pick<Guard, "footing">;
  readonly storage: Pick<Storage, "findRun">;
  readonly links: Pick<Links, "create">;
  readonly nowSeconds: () => number;
};

/** GET /v1/exports/{jobId}/runs/{runId}: one run, and a new link to each file that is still kept. */
export function createShowRunEndpoint({ guard, storage, links, nowSeconds }: ShowRunParts): ProtectedEndpoint {
  return async (request, token) => {
    // Read
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const [jobId, runId] = [readId(request.params, "jobId"), readId(request.params, "runId")];
    if (jobId === undefined || runId === undefined) return refuseUnknownRun();

    // Decide
    const found = await storage.findRun(token.project_id, jobId, runId);
    if (found === undefined) return refuseUnknownRun();

    // Act
    const now = nowSeconds();
    const kept = found.files.filter(({ expiresAt }) => expiresAt > now);
    const linked = await links.create(guard.footing(token), kept);

    // Answer
    const files = linked.map(({ file, link }) => formatFile(file, link));
    const payload = { ...formatRun(found.run), files };
    const log = { clientId: token.client_id, projectId: token.project_id, jobId, runId, count: files.length };
    return { status: 200, body: { success: true, payload }, log };
  };
}

/** One refusal for another project's run, for another job's, for none, and for what is no id. */
function refuseUnknownRun(): Refusal {
  return refuse("NOT_FOUND", "There is no such export run.");
}
