import { expect, test } from "vitest";
import { createGuard, type Guard } from "../src/index.ts";
import { requireAccessToken as express } from "./express.ts";
import { requireAccessToken as fastify } from "./fastify.ts";
import { requireAccessToken as fetchHandler } from "./fetch.ts";
import { requireAccessToken as hono } from "./hono.ts";
import { createTestIssuer } from "./testing.ts";

type Route = { readonly scopes: readonly string[] };
const skins: readonly (readonly [string, (guard: Guard, route: Route) => unknown])[] = [
  ["Express", express],
  ["Fastify", fastify],
  ["Hono", hono],
  ["Fetch", (guard, route) => fetchHandler(guard, route, () => new Response())],
];

test.each(skins)(
  "%s: a scope that is no scope name is a mistake of the route, and told when the route is made",
  async (...skin) => {
    const guard = createGuard((await createTestIssuer({ algorithm: "ES256" })).guardOptions);
    expect(() => skin[1](guard, { scopes: ["data-export metrics"] })).toThrow(
      new TypeError('Not the names of scopes: ["data-export metrics"].'),
    );
  },
);
