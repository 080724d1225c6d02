import { isRefusal } from "@biped/protocol";
import type { Request, RequestHandler } from "express";
import { readQuery, readRawAuthorization } from "./authorization-fields.ts";
import type { Guard } from "./guard.ts";
import { assertRoute, type RouteRequirement, renderRefusal, requirementOf } from "./refusal-response.ts";
import type { AccessToken } from "./verification.ts";

declare global {
  namespace Express {
    interface Request {
      /** Set on routes behind `requireAccessToken`. Elsewhere any use of it throws, and so nothing is let through. */
      accessToken: AccessToken;
    }
  }
}

/** A middleware for a route or a router; put it before whatever reads the body. */
export function requireAccessToken(guard: Guard, route: RouteRequirement<Request>): RequestHandler {
  assertRoute(route);
  return async (request, response, next) => {
    try {
      const presented = {
        authorization: readRawAuthorization(request.rawHeaders),
        query: readQuery(request.originalUrl),
      };
      const outcome = await guard.authorize(presented, requirementOf(route, request));
      if (isRefusal(outcome)) {
        const { status, headers, body } = renderRefusal(outcome, route.requestId?.(request));
        response.writeHead(status, headers).end(body);
        return;
      }
      request.accessToken = outcome;
    } catch (error) {
      // Express 4 does not look at the promise of a middleware.
      next(error);
      return;
    }
    next();
  };
}
