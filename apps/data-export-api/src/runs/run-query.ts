import { isRefusal, type Refusal } from "@biped/protocol";
import { type Page, pageParameters, readPage } from "../paging.ts";
import { parseQuery, readOneOf } from "../query-parameters.ts";
import { type RunState, runStates } from "./run.ts";

/** Which runs, and which part of them. */
export type RunQuery = Page & {
  /** Undefined for those of every job. */
  readonly jobId: number | undefined;
  /** Undefined for every state. */
  readonly state: RunState | undefined;
};

/** The query of GET /v1/exports/{jobId}/runs. */
export function parseRunQuery(query: string, jobId: number): RunQuery | Refusal {
  const parameters = parseQuery(query, ["state", ...pageParameters]);
  if (isRefusal(parameters)) return parameters;
  const state = readOneOf(parameters, "state", runStates);
  if (isRefusal(state)) return state;
  const page = readPage(parameters);
  return isRefusal(page) ? page : { jobId, state, ...page };
}

/** The query of GET /v1/exports/successful-runs. */
export function parseSuccessfulRunsQuery(query: string): RunQuery | Refusal {
  const parameters = parseQuery(query, pageParameters);
  if (isRefusal(parameters)) return parameters;
  const page = readPage(parameters);
  return isRefusal(page) ? page : { jobId: undefined, state: "SUCCESS", ...page };
}
