import { isRefusal } from "@biped/protocol";
import type { DataSource } from "../data/data-source.ts";
import { exportScopes } from "../exportable-fields/exportable-field.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { EngineReads } from "./engine-reads.ts";

export type ListCustomVarsParts = {
  readonly dataSource: DataSource;
  readonly readEngine: EngineReads;
  readonly nowSeconds: () => number;
};

const seenMilliseconds = 7 * 86_400_000;

/** GET /v1/custom-vars: the positions and names that the project's rows of the last 7 days have. */
export function createListCustomVarsEndpoint(parts: ListCustomVarsParts): ProtectedEndpoint {
  const { dataSource, readEngine, nowSeconds } = parts;
  return async (request, token) => {
    // Read
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;

    // Act
    const now = Math.floor(nowSeconds() * 1000);
    const wanted = { projectId: token.project_id, period: { from: now - seenMilliseconds, to: now } };
    const found = await Promise.all(exportScopes.map((scope) => dataSource.find({ ...wanted, scope })));
    const files = found.flatMap((data) => data.files);
    const seen = files.length === 0 ? [] : await readEngine(token.project_id, { kind: "custom-vars", files });
    if (isRefusal(seen)) return seen;

    // Answer
    const log = { clientId: token.client_id, projectId: token.project_id, count: seen.length };
    return { status: 200, body: { success: true, payload: seen }, log };
  };
}
