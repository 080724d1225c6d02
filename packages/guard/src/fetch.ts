import { isRefusal } from "@biped/protocol";
import { readJoinedAuthorization, readQuery } from "./authorization-fields.ts";
import type { Guard } from "./guard.ts";
import { assertRoute, type RouteRequirement, renderRefusal, requirementOf } from "./refusal-response.ts";
import type { AccessToken } from "./verification.ts";

/** `rest` is whatever the runtime hands on, such as the environment and the context of a worker. */
export type GuardedHandler<Rest extends readonly unknown[]> = (
  request: Request,
  accessToken: AccessToken,
  ...rest: Rest
) => Response | Promise<Response>;

/** A Fetch handler that calls `handler`, with the claims as its second argument, only for requests that may pass. */
export function requireAccessToken<Rest extends readonly unknown[]>(
  guard: Guard,
  route: RouteRequirement<Request>,
  handler: GuardedHandler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  assertRoute(route);
  return async (request, ...rest) => {
    const presented = { authorization: readJoinedAuthorization(request.headers), query: readQuery(request.url) };
    const outcome = await guard.authorize(presented, requirementOf(route, request));
    if (!isRefusal(outcome)) return handler(request, outcome, ...rest);
    const { status, headers, body } = renderRefusal(outcome, route.requestId?.(request));
    return new Response(body, { status, headers });
  };
}
