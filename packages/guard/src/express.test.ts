import express, { type Request, type Response } from "express";
import { expect, test } from "vitest";
import { listen, requestRaw } from "../test/raw-request.ts";
import { testSkin } from "../test/skin-promises.ts";
import { requireAccessToken } from "./express.ts";
import type { Guard } from "./guard.ts";
import { createGuard } from "./index.ts";
import { createTestIssuer } from "./testing.ts";

function createApp(guard: Guard, onHandled: () => void) {
  const app = express();
  const answer = ({ accessToken }: Request, response: Response) => {
    onHandled();
    response.json({ projectId: accessToken.project_id, clientId: accessToken.client_id });
  };
  const scopes = ["data-export"];
  app.get("/v1/exports", requireAccessToken(guard, { scopes }), answer);
  const projectId = ({ params }: Request) => Number(params.id);
  app.get("/v1/projects/:id", requireAccessToken(guard, { scopes, projectId }), answer);
  return app;
}

testSkin((guard, onHandled) => listen(createApp(guard, onHandled)));

test("behind a router mounted at a path, a token in the query is seen as well", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const app = express();
  const router = express.Router();
  router.use(requireAccessToken(createGuard(issuer.guardOptions), { scopes: [], requestId: () => "named" }));
  app.use("/v1", router);
  const server = await listen(app);
  const { status, body } = await requestRaw(server.port, "/v1/x?access_token=y");
  expect([status, body.requestId]).toEqual([400, "named"]);
  await server.close();
});

test("an error on the way to the decision is Express's to answer, and no request passes", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const projectId = (): number => {
    throw new Error("a broken route");
  };
  let handled = 0;
  const app = express();
  app.get("/", requireAccessToken(createGuard(issuer.guardOptions), { scopes: [], projectId }), () => {
    handled += 1;
  });
  app.use((_error: unknown, _request: Request, response: Response, _next: unknown) => {
    response.status(500).json({ told: true });
  });
  const server = await listen(app);
  const answer = await requestRaw(server.port, "/", [`Authorization: Bearer ${await issuer.mint()}`]);
  expect([answer.status, answer.body, handled]).toEqual([500, { told: true }, 0]);
  await server.close();
});
