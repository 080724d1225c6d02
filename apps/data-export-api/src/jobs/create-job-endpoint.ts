import { readJsonText } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";
import { parseJobRequest } from "./job-request.ts";

export type CreateJobParts = {
  readonly storage: Pick<Storage, "createJob">;
  readonly nowSeconds: () => number;
};

/** POST /v1/exports: a new job in the token's project. It waits to run from the start. */
export function createCreateJobEndpoint({ storage, nowSeconds }: CreateJobParts): ProtectedEndpoint {
  return async (request, token) => {
    // Read
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const text = readJsonText(request);
    if (typeof text !== "string") return text;

    // Decide
    const asked = parseJobRequest(text);
    if (isRefusal(asked)) return asked;

    // Act
    const createdAt = Math.floor(nowSeconds());
    const jobId = await storage.createJob(token.project_id, { ...asked, state: "ACTIVE", createdAt });

    // Answer
    const headers = { location: `/v1/exports/${jobId}` };
    const log = { clientId: token.client_id, projectId: token.project_id, jobId };
    return { status: 201, headers, body: { success: true, payload: { jobId } }, log };
  };
}
