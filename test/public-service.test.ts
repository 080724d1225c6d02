/** The stand-in differs from Biped where the public service does, so that the client's tests say what they claim. */

import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PublicService, startPublicService } from "./public-service.ts";
import { basic, post, tokenRequest } from "./started-server.ts";

let service: PublicService;
beforeAll(async () => {
  service = await startPublicService();
});
afterAll(() => service.stop());

const issue = () =>
  post(`${service.authUrl}/v1/oauth/token`, tokenRequest(service.credentials.account, { project_id: "42" }));
const ask = async (path: string, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${service.endpoints[0]}${path}`, { headers });
  return { status: answer.status, challenge: answer.headers.get("www-authenticate"), body: await answer.json() };
};

test("a token answer has six members, an opaque token among them", async () => {
  const { status, body } = await issue();
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^eyJ[\w-]{64}$/),
    token_type: "bearer",
    expires_in: 3600,
    scope: "data-export",
    project_id: 42,
    endpoint: service.endpoints[0],
  });
});

test("JSON alone: a form, and HTTP Basic, are errors that nothing explains", async () => {
  const form = await fetch(`${service.authUrl}/v1/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "data-export" }),
    headers: basic(service.credentials.project),
  });
  expect([form.status, await form.json()]).toEqual([400, [{ property: "body", problem: "invalid" }]]);
  const { status, body } = await post(
    `${service.authUrl}/v1/oauth/token`,
    { grant_type: "client_credentials", scope: "data-export" },
    basic(service.credentials.project),
  );
  expect([status, body]).toEqual([500, { message: "Internal error" }]);
});

test("a wrong secret is a 500 without any challenge", async () => {
  const wrong = { ...service.credentials.account, clientSecret: "wrong" };
  for (const path of ["/v1/oauth/token", "/v1/oauth/me"]) {
    const { status, headers, body } = await post(`${service.authUrl}${path}`, tokenRequest(wrong));
    expect([status, headers.get("www-authenticate"), body]).toEqual([500, null, { message: "Internal error" }]);
  }
});

test("no metadata and no keys: a web page says so", async () => {
  for (const path of ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/v1/oauth/revoke"]) {
    const answer = await fetch(`${service.authUrl}${path}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  }
});

test("401 in the documented words once the hour is over, and no challenge", async () => {
  const { access_token: token } = (await issue()).body;
  service.control.advanceSeconds(3599);
  expect((await ask("/v1/exports", token)).status).toBe(200);
  service.control.advanceSeconds(1);
  expect(await ask("/v1/exports", token)).toEqual({
    status: 401,
    challenge: null,
    body: { success: false, errorMessage: "Auth token is expired.", errorCode: "JWT_EXPIRED" },
  });
  service.control.reset();
});

test("a file is fetched by its link alone, as long as the link lives", async () => {
  const { access_token: token } = (await issue()).body;
  const { body } = await ask("/v1/exports/1119/runs/130348", token);
  const { url, expirationDate } = body.payload.files[0];
  expect(Date.parse(expirationDate)).toBeGreaterThan(Date.now());
  const text = async () => gunzipSync(await (await fetch(url)).arrayBuffer()).toString();
  expect(await text()).toBe(service.control.readFile(130348).text);
  expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(400);
  expect((await fetch(url.replace("130348", "130346"))).status).toBe(403);
  service.control.advanceSeconds(3600);
  expect((await fetch(url)).status).toBe(403);
});
