import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerRefusal, type Endpoint } from "./answer.ts";
import { readHttpRequest } from "./http-request.ts";
import { send, sendRefusal } from "./send.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type Endpoints = Readonly<Partial<Record<Method, Endpoint>>>;

/**
 * Path -> method -> endpoint: the map of a listener. HEAD comes with GET; any other method is 405 with Allow. The path
 * that ends in `*` takes what no other does, and there any other method is 404.
 */
export type Routes = Readonly<Record<string, Endpoints>>;

export function addRoutes(app: FastifyInstance, routes: Routes): void {
  for (const [path, endpoints] of Object.entries(routes)) {
    const served = listMethods(endpoints);
    for (const [method, endpoint] of Object.entries(endpoints)) {
      app.route({ method, url: path, handler: (request, reply) => run(endpoint, request, reply) });
    }
    if (path.endsWith("*")) continue;
    const others = app.supportedMethods.filter((method) => !served.includes(method));
    const refusal = refuseMethod(endpoints);
    const refuseIt = async (request: FastifyRequest, reply: FastifyReply) => sendRefusal(reply, request.id, refusal);
    // Before the body is read: it is not asked for, so its type and its form do not matter.
    app.route({ method: others, url: path, onRequest: refuseIt, handler: refuseIt });
  }
}

/** For a method that the router or the parser does not know, on a path as it was sent. Undefined for no such path. */
export function refuseUnknownMethod(routes: Routes, path: string): Refusal | undefined {
  const segments = path.split("/");
  const matches = (pattern: string): boolean => {
    const parts = pattern.split("/");
    return parts.length === segments.length && parts.every((part, at) => part.startsWith(":") || part === segments[at]);
  };
  const pattern = Object.hasOwn(routes, path) ? path : Object.keys(routes).find(matches);
  const endpoints = pattern === undefined ? undefined : routes[pattern];
  return endpoints === undefined ? undefined : refuseMethod(endpoints);
}

function refuseMethod(endpoints: Endpoints): Refusal {
  const headers = { allow: listMethods(endpoints).join(", ") };
  return refuse("METHOD_NOT_ALLOWED", "This method is not allowed here.", undefined, { headers });
}

function listMethods(endpoints: Endpoints): readonly string[] {
  const methods = Object.keys(endpoints);
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

async function run(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const outcome = await endpoint(readHttpRequest(request));
  return send(reply, isRefusal(outcome) ? answerRefusal(outcome, request.id) : outcome, request.id);
}
