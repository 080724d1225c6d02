import { once } from "node:events";
import { request } from "node:http";
import { StoreUnavailable } from "@biped/database";
import { type BadToken, badTokens } from "@biped/guard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startListener } from "../../../test/started-listener.ts";
import {
  type Answered,
  errorBody,
  now,
  payloadOf,
  type StartedApp,
  seed,
  seedRun,
  startApp,
  withJson,
} from "../test/started-app.ts";
import { appLimits, createRoutes } from "./app.ts";
import { exportableFields } from "./exportable-fields/catalogue.ts";
import type { NewJob, Storage } from "./storage/storage.ts";

const createdAt = "2027-01-15T08:00:00Z";

const job = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }, { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" }],
};

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

async function createCaller() {
  const caller = await app.createCaller();
  const post = (body: BodyInit, contentType = "application/json"): Promise<Answered> =>
    caller.call("/v1/exports", { method: "POST", body, headers: { "content-type": contentType } });
  const create = (changes: Partial<NewJob> = {}) =>
    app.storage.createJob(caller.projectId, { ...seed, ...changes }, seedRun);
  return { ...caller, post, create };
}

describe("POST /v1/exports", () => {
  test("201 with the id and its Location; the job is then read as it was posted", async () => {
    const { call, post } = await createCaller();
    const created = await post(JSON.stringify(job));
    const { jobId } = (created.body as { payload: { jobId: number } }).payload;
    expect(created.status).toBe(201);
    expect(created.body).toStrictEqual({ success: true, payload: { jobId: expect.any(Number) } });
    expect(created.headers.get("location")).toBe(`/v1/exports/${jobId}`);
    expect(created.headers.get("cache-control")).toBe("no-store");
    const payload = { jobId, ...job, state: "ACTIVE", deviceLabel: "all", segmentId: null, createdAt };
    const found = await call(`/v1/exports/${jobId}`);
    expect([found.status, found.body]).toStrictEqual([200, { success: true, payload }]);
    expect((await call("/v1/exports")).body).toStrictEqual({ success: true, payload: [payload] });
    expect(app.logLines.join("")).toContain(`"jobId":${jobId}`);
  });

  test("201 for a job of one range, which is answered in UTC", async () => {
    const { call, post } = await createCaller();
    const frequency = { value: "once", dateRange: { from: "2026-11-01", to: "2026-11-07T22:59:59.999-01:00" } };
    const created = await post(
      JSON.stringify({ ...job, frequency, deviceLabel: "mobile", segmentId: 7001 }),
      'Application/JSON; charset="utf-8"',
    );
    expect(created.status).toBe(201);
    const listed = (await call("/v1/exports?frequency=once")).body as { payload: readonly object[] };
    expect(listed.payload).toMatchObject([
      {
        frequency: { value: "once", dateRange: { from: "2026-11-01T00:00:00Z", to: "2026-11-07T23:59:59.999Z" } },
        deviceLabel: "mobile",
        segmentId: 7001,
      },
    ]);
  });

  test("a formula guard is answered where it is on; 400 INVALID_REQUEST with JSONL", async () => {
    const { call, post } = await createCaller();
    const on = await post(JSON.stringify({ ...job, format: "CSV", formulaGuard: true }));
    const off = await post(JSON.stringify({ ...job, format: "CSV", formulaGuard: false }));
    expect((await call(on.headers.get("location") ?? "")).body).toMatchObject({ payload: { formulaGuard: true } });
    expect(payloadOf(await call(off.headers.get("location") ?? ""))).not.toHaveProperty("formulaGuard");
    const jsonl = await post(JSON.stringify({ ...job, formulaGuard: true }));
    expect(jsonl.body).toStrictEqual(errorBody("INVALID_REQUEST", "formulaGuard is for CSV only."));
    const text = await post(JSON.stringify({ ...job, format: "CSV", formulaGuard: "yes" }));
    expect(text.body).toStrictEqual(errorBody("INVALID_REQUEST", "formulaGuard must be true or false."));
  });

  test("a range may end in the future; 400 INVALID_REQUEST: one that begins there", async () => {
    const { post } = await createCaller();
    const once = (from: string, to: string) =>
      post(JSON.stringify({ ...job, frequency: { value: "once", dateRange: { from, to } } }));
    expect((await once("2027-01-15T08:00:00Z", "2027-01-16")).status).toBe(201);
    expect((await once("2027-01-15T08:00:00.001Z", "2027-01-16")).body).toStrictEqual(
      errorBody("INVALID_REQUEST", "frequency.dateRange.from must not lie in the future."),
    );
  });

  test("it begins with the run of the day that contains now, in the project's time zone; the runner is woken", async () => {
    const { call, post, projectId } = await createCaller();
    await app.storage.setTimeZone(projectId, "Asia/Kolkata");
    const woken = app.wakes();
    const created = await post(JSON.stringify(job));
    expect(app.wakes()).toBe(woken + 1);
    const runs = await call(`${created.headers.get("location")}/runs`);
    const dateRange = { from: "2027-01-14T18:30:00Z", to: "2027-01-15T18:30:00Z" };
    expect(payloadOf(runs)).toMatchObject([{ state: "CREATED", dateRange, startDate: "2027-01-15T18:40:00Z" }]);
  });

  test("ten at once, and ten more, are twenty jobs", async () => {
    const { call, post } = await createCaller();
    const createTen = () => Promise.all(Array.from({ length: 10 }, () => post(JSON.stringify(job))));
    const created = [...(await createTen()), ...(await createTen())];
    expect(created.map(({ status }) => status)).toStrictEqual(Array(20).fill(201));
    expect(new Set(created.map(({ headers }) => headers.get("location"))).size).toBe(20);
    const listed = (await call("/v1/exports?limit=100")).body as { payload: readonly object[] };
    expect(listed.payload.length).toBe(20);
  });

  test("400 INVALID_REQUEST: the member and the rule, and nothing of what was sent", async () => {
    const { post } = await createCaller();
    const fields = [{ fieldName: "city" }, { fieldName: "model" }, { fieldName: "language", aliasName: "=MARK" }];
    const answer = await post(JSON.stringify({ ...job, fields }));
    const rule =
      "must have 1 to 255 letters, digits, blanks and the signs _ . - only, and begin with a letter, a digit or _.";
    expect([answer.status, answer.body]).toStrictEqual([
      400,
      errorBody("INVALID_REQUEST", `fields[2].aliasName ${rule}`),
    ]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(app.logLines.join("")).not.toContain("MARK");
  });

  test("400 INVALID_REQUEST: a repeated member, bytes that are no UTF-8, a query", async () => {
    const { call, post } = await createCaller();
    const repeated = await post(JSON.stringify(job).replace("{", '{"name":"other",'));
    expect(repeated.body).toStrictEqual(errorBody("INVALID_REQUEST", "The body holds a repeated member."));
    const latin = await post(Buffer.from(JSON.stringify({ ...job, name: "\u00e9" }), "latin1"));
    expect(latin.body).toStrictEqual(errorBody("INVALID_REQUEST", "The body is not UTF-8."));
    const query = await call("/v1/exports?dryRun=true", { method: "POST", body: JSON.stringify(job) });
    expect(query.body).toStrictEqual(errorBody("INVALID_REQUEST", "The query must be empty here."));
    expect((await call("/v1/exports")).body).toStrictEqual({ success: true, payload: [] });
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json-patch+json",
    "application/json; charset=latin1",
  ])("415 UNSUPPORTED_MEDIA_TYPE: %j", async (contentType) => {
    const { post } = await createCaller();
    const answer = await post(new Blob([JSON.stringify(job)]), contentType);
    expect([answer.status, answer.body]).toStrictEqual([
      415,
      errorBody("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8."),
    ]);
  });

  test("415 UNSUPPORTED_MEDIA_TYPE: no media type at all", async () => {
    const { call } = await createCaller();
    const answer = await call("/v1/exports", { method: "POST", body: new Blob([JSON.stringify(job)]) });
    expect([answer.status, answer.body]).toMatchObject([415, { errorCode: "UNSUPPORTED_MEDIA_TYPE" }]);
  });

  test("64 KiB are taken; 413 REQUEST_TOO_LARGE: one byte more", async () => {
    const { post } = await createCaller();
    const text = JSON.stringify(job);
    expect((await post(text.padEnd(65_536))).status).toBe(201);
    const answer = await post(text.padEnd(65_537));
    expect([answer.status, answer.body]).toStrictEqual([
      413,
      errorBody("REQUEST_TOO_LARGE", "The body must have at most 64 KiB."),
    ]);
  });
});

describe("GET /v1/exports", () => {
  const idsOf = ({ body }: Answered) => (body as { payload: { jobId: number }[] }).payload.map(({ jobId }) => jobId);

  test("the newest first; order, page and limit say otherwise", async () => {
    const { call, create } = await createCaller();
    const ids: number[] = [];
    for (let count = 0; count < 22; count += 1) ids.push(await create());
    const newest = ids.toReversed();
    expect(idsOf(await call("/v1/exports"))).toStrictEqual(newest.slice(0, 20));
    expect(idsOf(await call("/v1/exports?page=2"))).toStrictEqual(newest.slice(20));
    expect(idsOf(await call("/v1/exports?order=ASC&limit=3&page=2"))).toStrictEqual(ids.slice(3, 6));
    expect(idsOf(await call("/v1/exports?page=1000000000&limit=100"))).toStrictEqual([]);
  });

  test("filters combine, and deleted jobs are there only where they are asked for", async () => {
    const { call, create } = await createCaller();
    const csv = await create();
    const jsonl = await create({ format: "JSONL" });
    const deleted = await create({ state: "DELETED" });
    expect(idsOf(await call("/v1/exports"))).toStrictEqual([jsonl, csv]);
    expect(idsOf(await call("/v1/exports?state=DELETED"))).toStrictEqual([deleted]);
    const all = "state=ACTIVE&format=CSV&frequency=hourly&scope=views&order=DESC&page=1&limit=100";
    expect(idsOf(await call(`/v1/exports?${all}`))).toStrictEqual([csv]);
    expect(idsOf(await call("/v1/exports?format=CSV&scope=sessions"))).toStrictEqual([]);
  });

  test("400 INVALID_REQUEST: a parameter that is wrong, unknown or repeated", async () => {
    const { call } = await createCaller();
    const texts = async (query: string) => {
      const { status, body } = await call(`/v1/exports?${query}`);
      return [status, body];
    };
    const refused = (description: string) => [400, errorBody("INVALID_REQUEST", description)];
    expect(await texts("limit=101")).toStrictEqual(refused("limit must be an integer from 1 to 100."));
    expect(await texts("state=ACTIVE&state=DELETED")).toStrictEqual(refused("state must be given once."));
    const known = "known are state, format, frequency, scope, order, page, limit, upTo";
    expect(await texts("projectId=42")).toStrictEqual(refused(`The query holds an unknown parameter; ${known}.`));
  });

  test("a body is ignored", async () => {
    const { token } = await createCaller();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "content-length": 2 };
    const sent = request(`${app.url}/v1/exports`, { method: "GET", headers });
    sent.end("{}");
    const [response] = await once(sent, "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    await once(response, "end");
  });
});

describe("GET /v1/exports/{jobId}", () => {
  test("404 NOT_FOUND, the same for another project's job, for none and for what is no id", async () => {
    const [mine, other] = [await createCaller(), await createCaller()];
    const foreign = await other.create();
    const absurd = ["0", "-1", "1.5", "01", "1e0", "0x1", "abc", "+1", "%201", "1%00", "1%0A", "9007199254740992"];
    const paths = [`${foreign}`, `${foreign + 1_000_000}`, ...absurd, "99999999999999999", "__proto__"];
    for (const path of paths) {
      const { status, body } = await mine.call(`/v1/exports/${path}`);
      expect([path, status, body]).toStrictEqual([path, 404, errorBody("NOT_FOUND", "There is no such export job.")]);
    }
    expect((await other.call(`/v1/exports/${foreign}`)).status).toBe(200);
    expect((await mine.call(`/v1/exports/${"9".repeat(64)}`)).status).toBe(404);
  });

  test("400 INVALID_REQUEST: a query, even one that names the project", async () => {
    const { call, create, projectId } = await createCaller();
    const jobId = await create();
    const { status, body } = await call(`/v1/exports/${jobId}?projectId=${projectId}`);
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", "The query must be empty here.")]);
  });
});

describe("GET /v1/exportable-fields", () => {
  test.each(["sessions", "views"] as const)(
    "every field that a job of %s may name, and a job of all is taken",
    async (scope) => {
      const { call, post } = await createCaller();
      const { status, body } = await call(`/v1/exportable-fields?scope=${scope}`);
      expect([status, body]).toStrictEqual([200, { success: true, payload: exportableFields[scope] }]);
      const fields = exportableFields[scope].map(({ name }) => ({
        fieldName: name,
        ...(name === "custom_var" ? { customVarPosition: 1 } : {}),
        ...(name === "dynamic_var" ? { dynamicVarKey: "key" } : {}),
      }));
      expect((await post(JSON.stringify({ ...job, scope, fields }))).status).toBe(201);
    },
  );

  test.each([
    ["", "scope is required."],
    ["?scope=pages", "scope must be one of sessions, views."],
    ["?scope=sessions&scope=views", "scope must be given once."],
    ["?scope=sessions&limit=1", "The query holds an unknown parameter; known are scope."],
  ])("400 INVALID_REQUEST: %j", async (query, description) => {
    const { call } = await createCaller();
    const { status, body } = await call(`/v1/exportable-fields${query}`);
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", description)]);
  });
});

describe("the guard comes before everything else", () => {
  const requests: readonly (readonly [string, string, RequestInit])[] = [
    ["a list", "/v1/exports", {}],
    ["a list with a wrong parameter", "/v1/exports?page=0", {}],
    ["a job", "/v1/exports/1", {}],
    ["what is no id", "/v1/exports/zero", {}],
    ["its runs", "/v1/exports/1/runs", {}],
    ["a run", "/v1/exports/1/runs/1", {}],
    ["the successful runs", "/v1/exports/successful-runs", {}],
    ["the fields", "/v1/exportable-fields", {}],
    ["the custom variables", "/v1/custom-vars", {}],
    ["the dynamic variables", "/v1/dynamic-var-keys", {}],
    ["a state", "/v1/administration/exports/1/state", withJson("PUT", { state: "ACTIVE" })],
    ["a deletion", "/v1/administration/exports/1", { method: "DELETE" }],
    ["a preview", "/v1/administration/preview", withJson("POST", job)],
    ["the settings", "/v1/administration/settings", {}],
    ["other settings", "/v1/administration/settings", withJson("PUT", { timeZone: "UTC" })],
    ["an end of all links", "/v1/administration/links", { method: "DELETE" }],
    ["a new job", "/v1/exports", { method: "POST", body: JSON.stringify(job) }],
    ["a body that is none", "/v1/exports", { method: "POST", body: "{", headers: { "content-type": "text/plain" } }],
  ];

  test.each(requests)("401 JWT_MISSING without a token: %s", async (_name, path, init) => {
    const response = await fetch(`${app.url}${path}`, init);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="biped"');
    expect(await response.json()).toStrictEqual(errorBody("JWT_MISSING", "An access token is required."));
  });

  test.each(Object.keys(badTokens) as BadToken[])("a bad token gets its refusal on every route: %s", async (name) => {
    const call = app.callWith(await app.issuer.mintBad(name));
    for (const [, path, init] of requests) {
      expect((await call(path, init)).body).toMatchObject({ success: false, errorCode: badTokens[name] });
    }
  });

  test("403 INSUFFICIENT_SCOPE: metrics alone, and the challenge names what is needed", async () => {
    const call = app.callWith(await app.issuer.mint({ scope: "metrics" }));
    const answer = await call("/v1/exports");
    expect([answer.status, answer.body]).toMatchObject([403, { errorCode: "INSUFFICIENT_SCOPE" }]);
    expect(answer.headers.get("www-authenticate")).toContain('scope="data-export"');
  });

  test("400 INVALID_REQUEST: a token in the query", async () => {
    const { call, token } = await createCaller();
    expect(await call(`/v1/exports?access_token=${token}`)).toMatchObject({ status: 400 });
  });
});

describe("the listener", () => {
  test("405 METHOD_NOT_ALLOWED with Allow", async () => {
    const { call } = await createCaller();
    const list = await call("/v1/exports", { method: "PUT" });
    expect([list.status, list.headers.get("allow")]).toStrictEqual([405, "GET, POST, HEAD"]);
    const one = await call("/v1/exports/1", { method: "DELETE" });
    expect([one.status, one.headers.get("allow")]).toStrictEqual([405, "GET, HEAD"]);
  });

  test.each(["/", "/v1", "/v1/exports/1/", "/V1/exports"])("404 NOT_FOUND: %s", async (path) => {
    const response = await fetch(`${app.url}${path}`);
    expect([response.status, await response.json()]).toMatchObject([404, { errorCode: "NOT_FOUND" }]);
  });

  test("it is healthy and ready", async () => {
    expect(await (await fetch(`${app.url}/healthz`)).json()).toStrictEqual({ status: "ok" });
    expect(await (await fetch(`${app.url}/readyz`)).json()).toStrictEqual({ status: "ready", checks: {} });
  });

  test("no token stands in the log", () => {
    expect(app.logLines.length).toBeGreaterThan(0);
    expect(app.logLines.join("")).not.toContain("eyJ");
  });

  test("503 TEMPORARILY_UNAVAILABLE while the store is away", async () => {
    const away = (): Promise<never> => Promise.reject(new StoreUnavailable("gone"));
    const storage = new Proxy({} as Storage, { get: () => away });
    const links = { create: away, isSigned: away };
    const parts = { storage, links, wake: () => {}, delaySeconds: 0, limits: appLimits, nowSeconds: () => now };
    const { guard, engine, dataSource, fileStore } = app.parts;
    const started = await startListener({
      routes: createRoutes({ ...parts, guard, engine, dataSource, fileStore }),
      bodyLimitBytes: 65_536,
      isUnavailable: (error) => error instanceof StoreUnavailable,
      readyChecks: { store: () => storage.ping().then(() => ({ ok: true })) },
    });
    const { token } = await createCaller();
    const requests: readonly (readonly [string, RequestInit?])[] = [
      ["/v1/exports"],
      ["/v1/exports/1"],
      ["/v1/exports/1/runs"],
      ["/v1/exports/1/runs/1"],
      ["/v1/exports/successful-runs"],
      ["/v1/files/0?v=1&exp=1&key=k&sig=s"],
      ["/v1/exports", withJson("POST", job)],
      ["/readyz"],
    ];
    for (const [path, init] of requests) {
      const headers = { authorization: `Bearer ${token}`, ...init?.headers };
      const response = await fetch(`${started.url}${path}`, { ...init, headers });
      expect([path, response.status, response.headers.get("retry-after")]).toStrictEqual([path, 503, "1"]);
      expect(await response.json()).toMatchObject({ errorCode: "TEMPORARILY_UNAVAILABLE" });
    }
    await started.stop();
  });

  test("401 JWT_EXPIRED: an hour and the tolerance of 30 seconds after the issue, not a second before", async () => {
    const { call } = await createCaller();
    app.issuer.advance(3629);
    expect((await call("/v1/exports")).status).toBe(200);
    app.issuer.advance(1);
    const answer = await call("/v1/exports");
    expect([answer.status, answer.body]).toStrictEqual([
      401,
      errorBody("JWT_EXPIRED", "Auth token is expired.", "invalid_token"),
    ]);
    app.issuer.advance(-3630);
  });
});
