/** The token with which the admin listener asks a cloud: what it opens, and that no credential can have the like. */

import { randomUUID } from "node:crypto";
import { isRefusal } from "@biped/protocol";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFakeCloud } from "./fake-cloud.ts";
import { type Principal, type StartedManagement, startManagement } from "./management-server.ts";
import { createFacts, type Facts, post, tokenRequest } from "./started-server.ts";

const scope = "data-export-administration";
const cloud = createFakeCloud();
let started: StartedManagement;
let facts: Facts;
let ada: Principal;

beforeAll(async () => {
  started = await startManagement("sqlite");
  started.clouds.fetch = cloud.fetch;
  facts = await createFacts(started);
  const id = await started.addAdministrator({
    email: "ada@northwind.example",
    memberships: { [facts.first.id]: "administrator" },
  });
  ada = await started.signIn("ada", id);
});
afterAll(() => started.stop());

async function obtainToken(by: Principal = ada): Promise<string> {
  const answer = await started.call(by, "DELETE /api/projects/:projectId/export-links", { params: { projectId: 42 } });
  expect(answer.status).toBe(204);
  return cloud.calls.at(-1)?.token ?? "";
}

const verify = (token: string) => {
  const keys = createRemoteJWKSet(new URL(`${started.url}/.well-known/jwks.json`));
  const currentDate = new Date(started.clock.seconds * 1000);
  return jwtVerify(token, keys, { issuer: started.url, typ: "at+jwt", currentDate });
};

test("it is signed as every token is, for one project at its cloud, and ends in 60 s", async () => {
  const project = await started.server.storage.findProject(42);
  const account = await started.server.storage.findAccount(facts.first.id);
  const { payload } = await verify(await obtainToken());
  expect(payload).toEqual({
    iss: started.url,
    sub: `administrator:${ada.administratorId}`,
    client_id: `administrator:${ada.administratorId}`,
    aud: "https://api.eu-west-1.example.com",
    iat: started.clock.seconds,
    exp: started.clock.seconds + 60,
    jti: expect.stringMatching(/^[\w-]{22}$/),
    scope: `data-export ${scope}`,
    project_id: 42,
    account_id: facts.first.id,
    secret_id: "-",
    epochs: { account: account?.epoch, project: project?.epoch, credential: 0 },
  });
  expect((await verify(await obtainToken())).payload.jti).not.toBe(payload.jti);
});

test("where a program asks, it names the program's access token", async () => {
  const administratorId = ada.administratorId ?? "";
  const program = await started.makeAccessToken("CI", { administratorId, scopes: ["read", "export-jobs"] });
  const { payload } = await verify(await obtainToken(program));
  expect(payload.client_id).toMatch(/^access-token:[0-9a-f-]{36}$/);
});

test("no credential can ask about it: inactive, and a revocation is 200 without effect", async () => {
  const token = await obtainToken();
  const { clientId: client_id, clientSecret: client_secret } = facts.project;
  const asked = { client_id, client_secret, token };
  const before = await started.server.storage.findAuditHead();
  const introspected = await post(`${started.url}/v1/oauth/introspect`, asked);
  expect([introspected.status, introspected.body]).toEqual([200, { active: false }]);
  const revoked = await post(`${started.url}/v1/oauth/revoke`, asked);
  expect([revoked.status, revoked.body]).toEqual([200, undefined]);
  expect(await started.server.storage.findAuditHead()).toEqual(before);
});

test("400: no credential can be given its scope, or obtain it where the store says that it has it", async () => {
  const input = {
    name: "Intruder",
    accountId: facts.second.id,
    projectId: 71,
    allowedRanges: [],
    expiresAt: undefined,
  };
  const given = await started.server.management("operator").createCredential({ ...input, scopes: [scope] });
  expect(isRefusal(given) && given.description).toBe("scopes names an unknown scope.");

  const digester = started.server.digester;
  const clientSecret = "biped_live_intruder";
  const secret = { id: randomUUID(), ...digester.digestForStorage(clientSecret), expiresAt: undefined };
  const credential = { ...input, clientId: randomUUID(), scopes: ["data-export", scope] };
  const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
  await started.server.storage.createCredential(credential, secret, author);
  const held = { clientId: credential.clientId, clientSecret };
  const ordinary = await post(`${started.url}/v1/oauth/token`, tokenRequest(held));
  const refused = await post(`${started.url}/v1/oauth/token`, tokenRequest(held, { scope: `data-export ${scope}` }));
  expect([ordinary.status, refused.status, refused.body.errorCode]).toEqual([200, 400, "INVALID_SCOPE"]);
});

test("503: a cloud that is away says so to people, and only the log says why; the token is in no line", async () => {
  const { fetch } = cloud;
  started.clouds.fetch = (url, init) => {
    void fetch(url, init);
    return Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }));
  };
  const { status, body, headers } = await started.call(ada, "GET /api/projects/:projectId/export-jobs", {
    params: { projectId: 42 },
  });
  started.clouds.fetch = fetch;
  expect([status, body.errorCode, body.errorMessage, headers.get("retry-after")]).toEqual([
    503,
    "TEMPORARILY_UNAVAILABLE",
    "The cloud's Data Export API cannot be reached.",
    "5",
  ]);
  const log = started.logLines.join("");
  expect(log).toContain("cloud aws-eu-west-1: ECONNREFUSED");
  expect(cloud.calls.filter(({ token }) => token === "" || log.includes(token))).toEqual([]);
});
