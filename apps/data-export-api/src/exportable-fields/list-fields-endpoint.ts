import { isRefusal, refuse } from "@biped/protocol";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery, readOneOf } from "../query-parameters.ts";
import { exportableFields } from "./catalogue.ts";
import { exportScopes } from "./exportable-field.ts";

/** GET /v1/exportable-fields: what a job of one scope may name. The same for every project. */
export const listFieldsEndpoint: ProtectedEndpoint = (request, token) => {
  const query = parseQuery(request.query, ["scope"]);
  if (isRefusal(query)) return query;
  const scope = readOneOf(query, "scope", exportScopes);
  if (isRefusal(scope)) return scope;
  if (scope === undefined) return refuse("INVALID_REQUEST", "scope is required.");
  const log = { clientId: token.client_id, projectId: token.project_id };
  return { status: 200, body: { success: true, payload: exportableFields[scope] }, log };
};
