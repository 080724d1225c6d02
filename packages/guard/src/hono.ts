import { isRefusal } from "@biped/protocol";
import type { Context, MiddlewareHandler } from "hono";
import { readJoinedAuthorization, readQuery } from "./authorization-fields.ts";
import type { Guard } from "./guard.ts";
import { assertRoute, type RouteRequirement, renderRefusal, requirementOf } from "./refusal-response.ts";
import type { AccessToken } from "./verification.ts";

export type AccessTokenVariables = { readonly accessToken: AccessToken };

/** A middleware: handlers behind it find the claims with `c.get("accessToken")`. */
export function requireAccessToken(
  guard: Guard,
  route: RouteRequirement<Context>,
): MiddlewareHandler<{ Variables: AccessTokenVariables }> {
  assertRoute(route);
  return async (c, next) => {
    const presented = { authorization: readJoinedAuthorization(c.req.raw.headers), query: readQuery(c.req.url) };
    const outcome = await guard.authorize(presented, requirementOf(route, c));
    if (isRefusal(outcome)) {
      const { status, headers, body } = renderRefusal(outcome, route.requestId?.(c));
      return new Response(body, { status, headers });
    }
    c.set("accessToken", outcome);
    await next();
  };
}
