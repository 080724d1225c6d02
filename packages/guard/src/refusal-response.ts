import { formatRefusal, type Refusal } from "@biped/protocol";
import { assertScopeNames, type Requirement } from "./requirement.ts";

/** What a route asks of a request; `Request` is the framework's own. */
export type RouteRequirement<Request> = {
  /** All of them; none asks only for a good token. */
  readonly scopes: readonly string[];
  /** The project whose object the request names. NaN, or another project than the token's, is answered 404. */
  readonly projectId?: (request: Request) => number;
  /** The id that the answer to a refused request carries, if not the framework's or a random one. */
  readonly requestId?: (request: Request) => string;
};

/** What `authorize` is asked for one request. */
export function requirementOf<Request>(route: RouteRequirement<Request>, request: Request): Requirement {
  const { scopes, projectId } = route;
  return projectId === undefined ? { scopes } : { scopes, projectId: projectId(request) };
}

export function assertRoute<Request>(route: RouteRequirement<Request>): void {
  assertScopeNames(route.scopes);
}

/** The one error body, with its challenge (RFC 6750 §3). Never stored, because the next token may be a good one. */
export function renderRefusal(refusal: Refusal, requestId: string = crypto.randomUUID()) {
  return {
    status: refusal.status,
    headers: { ...refusal.headers, "cache-control": "no-store", "content-type": "application/json" },
    body: JSON.stringify(formatRefusal(refusal, requestId)),
  } as const;
}
