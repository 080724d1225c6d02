import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { DataSource, WantedData } from "../data/data-source.ts";
import { exportScopes } from "../exportable-fields/exportable-field.ts";
import { instantRule, parseInstant } from "../jobs/instant.ts";
import type { DateRange } from "../jobs/job.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import type { EngineReads } from "./engine-reads.ts";

export type ListDynamicVarKeysParts = { readonly dataSource: DataSource; readonly readEngine: EngineReads };

const longestDays = 31;
const mostKeys = 10_000;

/** GET /v1/dynamic-var-keys: the keys that the project's rows of a time have, in the order of their characters. */
export function createListDynamicVarKeysEndpoint(parts: ListDynamicVarKeysParts): ProtectedEndpoint {
  return async (request, token) => {
    // Read
    const period = parsePeriod(request.query);
    if (isRefusal(period)) return period;

    // Act
    const wanted = exportScopes.map((scope) => ({ projectId: token.project_id, scope, period }));
    const keys = new Set<string>();
    for (const found of await Promise.all(wanted.map((data) => findKeys(parts, data)))) {
      if (isRefusal(found)) return found;
      for (const key of found) keys.add(key);
    }

    // Answer
    const payload = [...keys].sort().slice(0, mostKeys);
    const log = { clientId: token.client_id, projectId: token.project_id, count: payload.length };
    return { status: 200, body: { success: true, payload }, log };
  };
}

async function findKeys(
  { dataSource, readEngine }: ListDynamicVarKeysParts,
  wanted: WantedData,
): Promise<readonly string[] | Refusal> {
  const { files } = await dataSource.find(wanted);
  const { projectId, scope, period } = wanted;
  if (files.length === 0) return [];
  return readEngine(projectId, { kind: "dynamic-var-keys", scope, files, period, limit: mostKeys });
}

function parsePeriod(query: string): DateRange | Refusal {
  const parameters = parseQuery(query, ["from", "to"]);
  if (isRefusal(parameters)) return parameters;
  const from = readInstant(parameters, "from");
  if (isRefusal(from)) return from;
  const to = readInstant(parameters, "to");
  if (isRefusal(to)) return to;
  if (from >= to) return refuse("INVALID_REQUEST", "from must lie before to.");
  const isLong = to - from > longestDays * 86_400_000;
  return isLong ? refuse("INVALID_REQUEST", `to must lie at most ${longestDays} days after from.`) : { from, to };
}

function readInstant(parameters: ReadonlyMap<string, string>, name: string): number | Refusal {
  const text = parameters.get(name);
  if (text === undefined) return refuse("INVALID_REQUEST", `${name} is required.`);
  return parseInstant(text) ?? refuse("INVALID_REQUEST", `${name} ${instantRule}.`);
}
