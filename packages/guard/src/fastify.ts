import { isRefusal } from "@biped/protocol";
import type { FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { readQuery, readRawAuthorization } from "./authorization-fields.ts";
import type { Guard } from "./guard.ts";
import { assertRoute, type RouteRequirement, renderRefusal, requirementOf } from "./refusal-response.ts";
import type { AccessToken } from "./verification.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on routes behind `requireAccessToken`. Elsewhere any use of it throws, and so nothing is let through. */
    accessToken: AccessToken;
  }
}

/** An `onRequest` hook: the request's body is not read before its token is known to be good. */
export function requireAccessToken(guard: Guard, route: RouteRequirement<FastifyRequest>): onRequestAsyncHookHandler {
  assertRoute(route);
  return async (request, reply) => {
    const { rawHeaders, url = "" } = request.raw;
    const presented = { authorization: readRawAuthorization(rawHeaders), query: readQuery(url) };
    const outcome = await guard.authorize(presented, requirementOf(route, request));
    if (!isRefusal(outcome)) {
      request.accessToken = outcome;
      return;
    }
    const { status, headers, body } = renderRefusal(outcome, route.requestId?.(request) ?? request.id);
    return reply.code(status).headers(headers).send(body);
  };
}
