import type { AddressInfo } from "node:net";
import fastify, { type FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { testSkin } from "../test/skin-promises.ts";
import { requireAccessToken } from "./fastify.ts";
import type { Guard } from "./guard.ts";
import { createGuard } from "./index.ts";
import { createTestIssuer } from "./testing.ts";

function createApp(guard: Guard, onHandled: () => void) {
  const app = fastify();
  const answer = async ({ accessToken }: FastifyRequest) => {
    onHandled();
    return { projectId: accessToken.project_id, clientId: accessToken.client_id };
  };
  const scopes = ["data-export"];
  app.get("/v1/exports", { onRequest: requireAccessToken(guard, { scopes }) }, answer);
  const projectId = ({ params }: FastifyRequest) => Number((params as { id: string }).id);
  app.get("/v1/projects/:id", { onRequest: requireAccessToken(guard, { scopes, projectId }) }, answer);
  return app;
}

testSkin(async (guard, onHandled) => {
  const app = createApp(guard, onHandled);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
});

test("the request id is Fastify's own, or the one that the route names", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuard(issuer.guardOptions);
  const app = fastify({ genReqId: () => "from-fastify" });
  app.get("/one", { onRequest: requireAccessToken(guard, { scopes: [] }) }, () => "");
  app.get("/two", { onRequest: requireAccessToken(guard, { scopes: [], requestId: () => "named" }) }, () => "");
  expect((await app.inject("/one")).json()).toMatchObject({ requestId: "from-fastify" });
  expect((await app.inject("/two")).json()).toMatchObject({ requestId: "named" });
});

test("a schema for answers takes no member of a refusal away", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const app = fastify();
  const schema = { response: { "4xx": { type: "object", properties: { success: { type: "boolean" } } } } };
  const onRequest = requireAccessToken(createGuard(issuer.guardOptions), { scopes: [] });
  app.get("/", { schema, onRequest }, () => "");
  expect((await app.inject("/")).json()).toMatchObject({ success: false, errorCode: "JWT_MISSING" });
});

test("a route that forgot its guard cannot use the claims", async () => {
  const app = fastify();
  app.get("/", ({ accessToken }) => ({ projectId: accessToken.project_id }));
  expect((await app.inject("/")).statusCode).toBe(500);
});
