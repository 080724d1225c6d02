import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { type ExportScope, exportScopes } from "../exportable-fields/exportable-field.ts";
import { parseQuery, readOneOf } from "../query-parameters.ts";
import { type FrequencyValue, frequencyValues, type JobFormat, type JobState, jobFormats, jobStates } from "./job.ts";

const orders = ["ASC", "DESC"] as const;

/** Which jobs, in which order of their ids, and which part of them. A filter that is undefined lets all pass. */
export type ListQuery = {
  /** Undefined for every state but DELETED. */
  readonly state: JobState | undefined;
  readonly format: JobFormat | undefined;
  readonly frequency: FrequencyValue | undefined;
  readonly scope: ExportScope | undefined;
  readonly order: (typeof orders)[number];
  readonly page: number;
  readonly limit: number;
};

const parameterNames = ["state", "format", "frequency", "scope", "order", "page", "limit"] as const;
type Parameters = ReadonlyMap<(typeof parameterNames)[number], string>;

/** So that page × limit stays far below the integers that a double and a database's bigint hold exactly. */
const lastPage = 1_000_000_000;

/** The query of GET /v1/exports. Every parameter may be absent; none may be wrong. */
export function parseListQuery(query: string): ListQuery | Refusal {
  const parameters = parseQuery(query, parameterNames);
  if (isRefusal(parameters)) return parameters;
  const state = readOneOf(parameters, "state", jobStates);
  if (isRefusal(state)) return state;
  const format = readOneOf(parameters, "format", jobFormats);
  if (isRefusal(format)) return format;
  const frequency = readOneOf(parameters, "frequency", frequencyValues);
  if (isRefusal(frequency)) return frequency;
  const scope = readOneOf(parameters, "scope", exportScopes);
  if (isRefusal(scope)) return scope;
  const order = readOneOf(parameters, "order", orders);
  if (isRefusal(order)) return order;
  const page = readWholeNumber(parameters, "page", lastPage);
  if (isRefusal(page)) return page;
  const limit = readWholeNumber(parameters, "limit", 100);
  if (isRefusal(limit)) return limit;
  return { state, format, frequency, scope, order: order ?? "DESC", page: page ?? 1, limit: limit ?? 20 };
}

type ParameterName = (typeof parameterNames)[number];

function readWholeNumber(parameters: Parameters, name: ParameterName, max: number): number | undefined | Refusal {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= max) return Number(text);
  return refuse("INVALID_REQUEST", `${name} must be an integer from 1 to ${max}.`);
}
