import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { expect, test } from "vitest";
import { listenWithFetch } from "../test/raw-request.ts";
import { testSkin } from "../test/skin-promises.ts";
import type { Guard } from "./guard.ts";
import { requireAccessToken } from "./hono.ts";
import { createGuard } from "./index.ts";
import { createTestIssuer } from "./testing.ts";

function createApp(guard: Guard, onHandled: () => void) {
  const scopes = ["data-export"];
  const projectId = (c: Context) => Number(c.req.param("id"));
  const answer = (c: Context<{ Variables: { accessToken: { project_id: number; client_id: string } } }>) => {
    onHandled();
    const { project_id, client_id } = c.get("accessToken");
    return c.json({ projectId: project_id, clientId: client_id });
  };
  return new Hono()
    .get("/v1/exports", requireAccessToken(guard, { scopes }), answer)
    .get("/v1/projects/:id", requireAccessToken(guard, { scopes, projectId }), answer);
}

testSkin((guard, onHandled) => listenWithFetch((request) => createApp(guard, onHandled).fetch(request)));

test("a refusal keeps the headers that other middlewares set, so a browser may read it", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const app = new Hono().use(cors()).get("/", requireAccessToken(createGuard(issuer.guardOptions), { scopes: [] }));
  const response = await app.request("/");
  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([401, "*"]);
});

test("the request id is the one that the route names", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuard(issuer.guardOptions);
  const app = new Hono().get("/", requireAccessToken(guard, { scopes: [], requestId: (c) => c.req.path }));
  expect(await (await app.request("/")).json()).toMatchObject({ requestId: "/" });
});
