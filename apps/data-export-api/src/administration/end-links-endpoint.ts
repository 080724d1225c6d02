import { isRefusal } from "@biped/protocol";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { Storage } from "../storage/storage.ts";

/** DELETE /v1/administration/links: every link to a file of the project ends at once. What is being sent goes on. */
export function createEndLinksEndpoint(storage: Pick<Storage, "raiseLinkEpoch">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    await storage.raiseLinkEpoch(token.project_id);
    return { status: 204, body: undefined, log: { clientId: token.client_id, projectId: token.project_id } };
  };
}
