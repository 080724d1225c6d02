import { type Parameters, type ParameterValue, readString, readText } from "./parameters.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";

/** The shape of a token request (RFC 6749 §4.4.2). Whether it may be granted is decided after authentication. */
export type TokenRequest = {
  readonly grantType: string | undefined;
  readonly scope: string | undefined;
  readonly projectId: number | undefined;
};

export function parseTokenRequest(parameters: Parameters): TokenRequest | Refusal {
  const grantType = readText(parameters, { name: "grant_type", maxLength: 128 });
  if (isRefusal(grantType)) return grantType;
  // A scope of wrong characters is an `invalid_scope` (RFC 6749 §5.2), which only who has authenticated may learn.
  const scope = readString(parameters, { name: "scope", maxLength: 2048 });
  if (isRefusal(scope)) return scope;
  const projectId = parseProjectId(parameters.get("project_id"));
  if (isRefusal(projectId)) return projectId;
  return { grantType, scope, projectId };
}

/** An integer from 1 to 2^53 − 1, or the same in decimal; the empty string and null count as absent. */
export function parseProjectId(value: ParameterValue | undefined): number | undefined | Refusal {
  if (value === undefined || value.kind === "null") return undefined;
  if (value.kind === "string" && value.text === "") return undefined;
  const digits = value.kind === "other" ? "" : value.text;
  const id = /^[1-9][0-9]{0,15}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(id)) {
    return refuse("INVALID_REQUEST", "project_id must be an integer from 1 to 9007199254740991.");
  }
  return id;
}
