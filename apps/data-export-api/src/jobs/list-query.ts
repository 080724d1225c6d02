import { isRefusal, type Refusal } from "@biped/protocol";
import { type ExportScope, exportScopes } from "../exportable-fields/exportable-field.ts";
import { type Page, pageParameters, readPage } from "../paging.ts";
import { parseQuery, readOneOf } from "../query-parameters.ts";
import { type FrequencyValue, frequencyValues, type JobFormat, type JobState, jobFormats, jobStates } from "./job.ts";

/** Which jobs, and which part of them. A filter that is undefined lets all pass. */
export type ListQuery = Page & {
  /** Undefined for every state but DELETED. */
  readonly state: JobState | undefined;
  readonly format: JobFormat | undefined;
  readonly frequency: FrequencyValue | undefined;
  readonly scope: ExportScope | undefined;
};

/** Lets every job pass that is not DELETED. */
export const everyJob = { state: undefined, format: undefined, frequency: undefined, scope: undefined } as const;

/** The query of GET /v1/exports. Every parameter may be absent; none may be wrong. */
export function parseListQuery(query: string): ListQuery | Refusal {
  const parameters = parseQuery(query, ["state", "format", "frequency", "scope", ...pageParameters]);
  if (isRefusal(parameters)) return parameters;
  const state = readOneOf(parameters, "state", jobStates);
  if (isRefusal(state)) return state;
  const format = readOneOf(parameters, "format", jobFormats);
  if (isRefusal(format)) return format;
  const frequency = readOneOf(parameters, "frequency", frequencyValues);
  if (isRefusal(frequency)) return frequency;
  const scope = readOneOf(parameters, "scope", exportScopes);
  if (isRefusal(scope)) return scope;
  const page = readPage(parameters);
  return isRefusal(page) ? page : { state, format, frequency, scope, ...page };
}
