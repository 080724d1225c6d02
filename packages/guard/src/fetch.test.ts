import { expect, test } from "vitest";
import { listenWithFetch } from "../test/raw-request.ts";
import { testSkin } from "../test/skin-promises.ts";
import { type GuardedHandler, requireAccessToken } from "./fetch.ts";
import type { Guard } from "./guard.ts";
import { createGuard } from "./index.ts";
import { createTestIssuer } from "./testing.ts";

function createApi(guard: Guard, onHandled: () => void): (request: Request) => Promise<Response> {
  const answer: GuardedHandler<[]> = (_request, accessToken) => {
    onHandled();
    return Response.json({ projectId: accessToken.project_id, clientId: accessToken.client_id });
  };
  const scopes = ["data-export"];
  const projectId = ({ url }: Request) => Number(new URL(url).pathname.slice("/v1/projects/".length));
  const exports = requireAccessToken(guard, { scopes }, answer);
  const project = requireAccessToken(guard, { scopes, projectId }, answer);
  return (request) => (new URL(request.url).pathname === "/v1/exports" ? exports(request) : project(request));
}

testSkin((guard, onHandled) => listenWithFetch(createApi(guard, onHandled)));

test("what the runtime hands on behind the request reaches the handler behind the claims", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const handle = requireAccessToken(
    createGuard(issuer.guardOptions),
    { scopes: [] },
    (_request, accessToken, environment: { region: string }) =>
      new Response(`${accessToken.jti} ${environment.region}`),
  );
  const headers = { authorization: `bearer ${await issuer.mint({ jti: "one" })}` };
  const response = await handle(new Request("https://api.example.com/", { headers }), { region: "eu" });
  expect(await response.text()).toBe("one eu");
});
