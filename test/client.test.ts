/** What one client does with both services: Biped's sandbox, and a stand-in of the public service it also works with. */

import { type ClientOptions, createClient, credentialsFromEnvironment, type NewJob } from "@biped/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ClientService,
  catchError,
  collect,
  createCountingFetch,
  createFakeSleep,
  services,
} from "./client-services.ts";
import type { HeldCredential } from "./started-server.ts";

const newJob: NewJob = {
  name: "Made by a test",
  format: "CSV",
  scope: "views",
  frequency: { value: "hourly" },
  fields: [{ fieldName: "view_duration_msec" }],
  deviceLabel: "mobile",
};
const tokenCall = "POST /v1/oauth/token";
const aDayAndMoreSeconds = 90_000;

describe.each(services)("with $name", ({ name, start }) => {
  const isSandbox = name === "the sandbox";
  let service: ClientService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.stop());

  const create = (further: Partial<ClientOptions> & { credential?: HeldCredential } = {}) => {
    const { credential = service.account, ...options } = further;
    const seen = createCountingFetch();
    const { sleep, waits } = createFakeSleep();
    const { clientId, clientSecret } = credential;
    const { authUrl } = service;
    const { fetch } = seen;
    const scope = "data-export";
    const client = createClient({ authUrl, clientId, clientSecret, scope, projectId: 42, fetch, sleep, ...options });
    return { client, seen, waits };
  };

  test("a token has its six facts, and is asked for once", async () => {
    const now = 1_900_000_000_000;
    const { client, seen } = create({ now: () => now });
    const token = await client.token();
    expect(token).toEqual({
      accessToken: seen.tokens[0],
      endpoint: service.endpoints[42],
      projectId: 42,
      scope: "data-export",
      issuedAt: now,
      expiresAt: now + 3_600_000,
    });
    expect(token.accessToken).toMatch(/^eyJ/);
    expect(await client.token()).toBe(token);
    expect(seen.calls.map(({ call }) => call)).toEqual([tokenCall]);
  });

  test("1,000 concurrent cold calls make 1 token request, and the next 1,000 none", async () => {
    const { client, seen } = create();
    const callAll = async () => {
      const answers = await Promise.all(Array.from({ length: 1000 }, () => client.fetch("/v1/exports?limit=1")));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      const statuses = new Set(answers.map(({ status }) => status));
      // The sandbox takes ten requests of a project at once, and tells the others to come again.
      return [...statuses].filter((status) => !isSandbox || status !== 429);
    };
    expect(await callAll()).toEqual([200]);
    expect(seen.count(tokenCall)).toBe(1);
    expect(seen.count("GET /v1/exports")).toBeGreaterThanOrEqual(1000);
    expect(await callAll()).toEqual([200]);
    expect(seen.count(tokenCall)).toBe(1);
    if (!isSandbox) expect(seen.count("GET /v1/exports")).toBe(2000);
    expect(seen.mostTokenRequestsInFlight()).toBe(1);
  });

  test("a call goes to the token's endpoint with the bearer token, and asks for no compression", async () => {
    const { client, seen } = create();
    const answer = await client.fetch("/v1/exports?limit=1", { headers: { "x-own": "kept" } });
    expect([answer.status, new URL(answer.url).origin]).toEqual([200, service.endpoints[42]]);
    const [, call] = seen.calls;
    expect(call?.headers.get("authorization")).toBe(`Bearer ${seen.tokens[0]}`);
    expect(seen.calls.map(({ headers }) => headers.get("accept-encoding"))).toEqual(["identity", "identity"]);
    expect(call?.headers.get("x-own")).toBe("kept");
  });

  test("forProject: each project at its own cloud, with one token each", async () => {
    const { client, seen } = create({ projectId: undefined });
    const ask = async (projectId: number) => {
      const one = client.forProject(projectId);
      const answer = await one.fetch("/v1/exports");
      await answer.arrayBuffer();
      return { origin: new URL(answer.url).origin, status: answer.status, projectId: (await one.token()).projectId };
    };
    const all = await Promise.all([42, 43, 42, 43].map(ask));
    expect(all).toEqual([
      { origin: service.endpoints[42], status: 200, projectId: 42 },
      { origin: service.endpoints[43], status: 200, projectId: 43 },
      { origin: service.endpoints[42], status: 200, projectId: 42 },
      { origin: service.endpoints[43], status: 200, projectId: 43 },
    ]);
    expect(seen.count(tokenCall)).toBe(2);
  });

  test("withScope: one token for each set of scopes, whatever their order", async () => {
    const { client, seen } = create();
    const both = await client.withScope("data-export metrics").token();
    expect(both.scope.split(" ").sort()).toEqual(["data-export", "metrics"]);
    expect(await client.withScope(["metrics", "data-export"]).token()).toBe(both);
    expect(await client.token()).not.toBe(both);
    expect(seen.count(tokenCall)).toBe(2);
  });

  test("a project-level credential needs no project", async () => {
    const { client } = create({ credential: service.project, projectId: undefined });
    const { projectId, endpoint } = await client.token();
    expect([projectId, endpoint]).toEqual([42, service.endpoints[42]]);
  });

  test("information: scopes and projects, without a token", async () => {
    const { client, seen } = create();
    const { scopes, permissions, level, secrets } = await client.information();
    expect(scopes.split(" ")).toEqual(expect.arrayContaining(["data-export", "metrics"]));
    const ids = permissions.projects.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([42, 43]));
    expect([level, secrets?.length]).toEqual(isSandbox ? ["account", 1] : [undefined, undefined]);
    expect(seen.calls.map(({ call }) => call)).toEqual(["POST /v1/oauth/me"]);
  });

  test("a wrong secret is told as far as the service tells it, once, and is not kept", async () => {
    const { client, seen } = create({ clientSecret: "this secret is wrong" });
    const error = await catchError(client.token());
    expect(error).toMatchObject(
      isSandbox
        ? { kind: "refused", code: "INVALID_CLIENT", status: 401, serverText: "Client authentication failed." }
        : { kind: "unreachable", code: "HTTP_500", status: 500, serverText: "Internal error" },
    );
    expect(error.requestId).toEqual(isSandbox ? expect.stringMatching(/^[\w-]{8,}$/) : undefined);
    expect(seen.count(tokenCall)).toBe(1);
    await catchError(client.information());
    await catchError(client.fetch("/v1/exports"));
    expect(seen.count(tokenCall)).toBe(2);
  });

  test("a rotated secret is taken up with the next token request", async () => {
    let clientSecret = "not yet";
    const { client } = create({ clientSecret: () => clientSecret });
    await catchError(client.token());
    clientSecret = service.account.clientSecret;
    expect((await client.token()).projectId).toBe(42);
  });

  test("a scope that the credential does not own is refused", async () => {
    const { client } = create({ credential: service.project, scope: "symbolicator" });
    const error = await catchError(client.token());
    expect([error.kind, error.code, error.status]).toEqual([
      "refused",
      isSandbox ? "SCOPE_NOT_GRANTED" : "HTTP_400",
      400,
    ]);
  });

  test("an account-level credential that names no project, or one of somebody else, is refused", async () => {
    const { client } = create({ projectId: undefined });
    const errors = [await catchError(client.token()), await catchError(client.forProject(999_999).token())];
    const codes = isSandbox ? ["PROJECT_ID_REQUIRED", "PROJECT_NOT_ALLOWED"] : ["HTTP_400", "HTTP_400"];
    expect(errors.map(({ kind, code, status }) => [kind, code, status])).toEqual([
      ["refused", codes[0], 400],
      ["refused", codes[1], 400],
    ]);
  });

  test("an expired token is replaced and the call repeated once", async () => {
    const { client, seen } = create();
    const first = await client.token();
    await service.advanceSeconds(aDayAndMoreSeconds);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.fetch("/v1/exports")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(seen.count(tokenCall)).toBe(2);
    expect((await client.token()).accessToken).not.toBe(first.accessToken);
    const statuses = seen.calls.filter(({ call }) => call === "GET /v1/exports").map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBe(20);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(20);
  });

  test("a POST whose token expired is repeated with the same body, and done once", async () => {
    const { client, seen } = create();
    const before = await collect(client.exports.list());
    await service.advanceSeconds(aDayAndMoreSeconds);
    const body = JSON.stringify({ ...newJob, name: "Sent twice" });
    const answer = await client.fetch("/v1/exports", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(201);
    const posts = seen.calls.filter(({ call }) => call === "POST /v1/exports");
    expect(posts.map(({ status }) => status)).toEqual([401, 201]);
    const after = await collect(client.exports.list());
    expect(after.length).toBe(before.length + 1);
    expect(after.filter((job) => job.name === "Sent twice").length).toBe(1);
  });

  test("a stream is not sent twice: the 401 is handed over, and the next call has a new token", async () => {
    const { client, seen } = create();
    await client.token();
    await service.advanceSeconds(aDayAndMoreSeconds);
    const stream = () => ({
      method: "POST",
      body: new Blob([JSON.stringify({ ...newJob, name: "Streamed" })]).stream(),
      headers: { "content-type": "application/json" },
      duplex: "half",
    });
    const refused = await client.fetch("/v1/exports", stream());
    expect([refused.status, (await refused.json()).errorCode]).toEqual([401, "JWT_EXPIRED"]);
    expect(seen.count("POST /v1/exports")).toBe(1);
    const created = await client.fetch("/v1/exports", stream());
    expect([created.status, seen.count("POST /v1/exports"), seen.count(tokenCall)]).toEqual([201, 2, 2]);
  });

  test("exports: a job is created, found in the list, and read", async () => {
    const { client } = create();
    const { jobId } = await client.exports.create(newJob);
    expect(jobId).toEqual(expect.any(Number));
    const job = await client.exports.get(jobId);
    expect(job).toMatchObject({ jobId, ...newJob, state: "ACTIVE" });
    const listed = await collect(client.exports.list({ pageSize: 2 }));
    expect(listed.filter((each) => each.jobId === jobId).length).toBe(1);
    expect(new Set(listed.map((each) => each.jobId)).size).toBe(listed.length);
    expect(listed.length).toBeGreaterThan(2);
    const filtered = await collect(client.exports.list({ format: "CSV", frequency: "hourly", scope: "views" }));
    expect(filtered.map((each) => each.jobId)).toContain(jobId);
    expect(new Set(filtered.map((each) => each.format))).toEqual(new Set(["CSV"]));
    const other = await collect(client.forProject(43).exports.list());
    expect(other.map((each) => each.jobId)).not.toContain(jobId);
  });

  test("exports.list fetches a page when it is needed, and not before", async () => {
    const { client, seen } = create();
    const jobs = client.exports.list({ pageSize: 1 });
    expect(seen.calls.length).toBe(0);
    await jobs.next();
    expect(seen.count("GET /v1/exports")).toBe(1);
    await jobs.return?.();
    expect(await jobs.next()).toEqual({ done: true, value: undefined });
    expect(seen.count("GET /v1/exports")).toBe(1);
  });

  test("exports: what is not there, and what is wrong, is refused", async () => {
    const { client } = create();
    const missing = await catchError(client.exports.get(987_654));
    expect([missing.kind, missing.code, missing.status]).toEqual(["refused", "NOT_FOUND", 404]);
    const wrong = await catchError(client.exports.create({ ...newJob, fields: [] }));
    expect([wrong.kind, wrong.status]).toEqual(["refused", 400]);
    await expect(client.exports.get(1.5)).rejects.toThrow(TypeError);
  });

  test("a call with a token that lacks the scope hands the 403 over", async () => {
    const { client, seen } = create({ scope: "metrics" });
    expect((await client.fetch("/v1/exports")).status).toBe(403);
    expect([seen.count(tokenCall), seen.count("GET /v1/exports")]).toEqual([1, 1]);
    const error = await catchError(client.exports.list().next());
    expect([error.kind, error.status]).toEqual(["refused", 403]);
  });

  test("a caller who gave up before it began calls nothing; the reason is the caller's own", async () => {
    const { client, seen } = create();
    const reason = new Error("I gave up.");
    const signal = AbortSignal.abort(reason);
    await expect(client.fetch("/v1/exports", { signal })).rejects.toBe(reason);
    await expect(client.token({ signal })).rejects.toBe(reason);
    await expect(client.information({ signal })).rejects.toBe(reason);
    await expect(client.exports.get(1, { signal })).rejects.toBe(reason);
    expect(seen.calls).toEqual([]);
  });

  test("one who gives up while a token is fetched leaves it to those who wait on", async () => {
    const { client, seen } = create();
    const leaver = new AbortController();
    const left = client.token({ signal: leaver.signal });
    const stayed = client.token();
    leaver.abort(new Error("I gave up."));
    await expect(left).rejects.toThrow("I gave up.");
    expect((await stayed).projectId).toBe(42);
    expect(seen.count(tokenCall)).toBe(1);
  });

  test("credentialsFromEnvironment names a credential that works", async () => {
    const client = createClient(
      credentialsFromEnvironment({
        BIPED_AUTH_URL: `${service.authUrl}/v1/oauth/token`,
        BIPED_CLIENT_ID: service.account.clientId,
        BIPED_CLIENT_SECRET: service.account.clientSecret,
        BIPED_SCOPE: "data-export metrics",
        BIPED_PROJECT_ID: "43",
        BIPED_ALLOWED_HOSTS: "127.0.0.1",
      }),
    );
    expect((await client.token()).endpoint).toBe(service.endpoints[43]);
  });

  test("nobody at the address: unreachable, after as many attempts as are allowed, with longer and longer waits", async () => {
    const { client, seen, waits } = create({ authUrl: "http://127.0.0.1:9", random: () => 0.5 });
    const error = await catchError(client.token());
    expect([error.kind, error.code, error.status]).toEqual(["unreachable", "CONNECTION_FAILED", undefined]);
    expect(seen.count(tokenCall)).toBe(4);
    expect(waits).toEqual([125, 250, 500]);
  });
});
