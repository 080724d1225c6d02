import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Caller,
  createSuccessfulRun,
  errorBody,
  now,
  payloadOf,
  type StartedApp,
  seed,
  seedRun,
  startApp,
  withJson,
} from "../../test/started-app.ts";
import type { Task } from "../engine/task.ts";
import type { DateRange } from "../jobs/job.ts";

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** What the authorization server's admin listener asks with, for a project of its own. */
const createAdministrator = (): Promise<Caller> =>
  app.createCaller({ scope: "data-export data-export-administration" });

const createJob = (projectId: number, changes: Partial<typeof seed> = {}) =>
  app.storage.createJob(projectId, { ...seed, ...changes }, seedRun);

const once = { value: "once", dateRange: { from: now * 1000 - 3_600_000, to: now * 1000 } } as const;
const unknownJob = [404, errorBody("NOT_FOUND", "There is no such export job.")];

describe("the scope", () => {
  const routes = (jobId: number): readonly (readonly [string, RequestInit])[] => [
    [`/v1/administration/exports/${jobId}/state`, withJson("PUT", { state: "SUSPENDED" })],
    [`/v1/administration/exports/${jobId}`, { method: "DELETE" }],
    ["/v1/administration/preview", withJson("POST", {})],
    ["/v1/administration/settings", {}],
    ["/v1/administration/settings", withJson("PUT", { timeZone: "Asia/Tokyo" })],
    ["/v1/administration/links", { method: "DELETE" }],
  ];

  test("403 INSUFFICIENT_SCOPE for the token of any credential, and nothing is done", async () => {
    const { call, projectId } = await app.createCaller();
    const jobId = await createJob(projectId);
    for (const [path, init] of routes(jobId)) {
      const { status, headers, body } = await call(path, init);
      expect([path, status, body]).toMatchObject([path, 403, { errorCode: "INSUFFICIENT_SCOPE" }]);
      expect(headers.get("www-authenticate")).toContain('scope="data-export-administration"');
    }
    expect((await app.storage.findJob(projectId, jobId))?.state).toBe("ACTIVE");
    expect(await app.storage.findProjectSettings(projectId)).toStrictEqual({ timeZone: "UTC", linkEpoch: 0 });
  });

  test("405 METHOD_NOT_ALLOWED: the public API edits no job, for nobody", async () => {
    const { call, projectId } = await createAdministrator();
    const jobId = await createJob(projectId);
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const { status, headers } = await call(`/v1/exports/${jobId}`, { method });
      expect([method, status, headers.get("allow")]).toStrictEqual([method, 405, "GET, HEAD"]);
    }
    expect((await call(`/v1/administration/exports/${jobId}`)).status).toBe(405);
  });
});

describe("PUT /v1/administration/exports/{jobId}/state", () => {
  const put = (call: Caller["call"], jobId: number | string, body: unknown) =>
    call(`/v1/administration/exports/${jobId}/state`, withJson("PUT", body));

  test("a job is paused and goes on; doing either twice is no mistake", async () => {
    const { call, projectId } = await createAdministrator();
    const jobId = await createJob(projectId);
    for (const state of ["SUSPENDED", "SUSPENDED", "ACTIVE", "ACTIVE"]) {
      const { status, body } = await put(call, jobId, { state });
      expect([status, body]).toMatchObject([200, { success: true, payload: { jobId, name: "Seed", state } }]);
      expect((await call(`/v1/exports/${jobId}`)).body).toStrictEqual(body);
    }
  });

  test("it goes on with the day of now, in the project's time zone, and the runner is woken", async () => {
    const { call, projectId } = await createAdministrator();
    await app.storage.setTimeZone(projectId, "Europe/Paris");
    const period = { from: Date.parse("2027-01-12T23:00:00Z"), to: Date.parse("2027-01-13T23:00:00Z") };
    const daily = { ...seed, frequency: { value: "daily" } } as const;
    const jobId = await app.storage.createJob(projectId, daily, { ...seedRun, period });
    await put(call, jobId, { state: "SUSPENDED" });
    const woken = app.wakes();
    await put(call, jobId, { state: "ACTIVE" });
    expect(app.wakes()).toBe(woken + 1);
    const dateRange = { from: "2027-01-14T23:00:00Z", to: "2027-01-15T23:00:00Z" };
    const runs = await call(`/v1/exports/${jobId}/runs`);
    expect(payloadOf(runs)).toMatchObject([{ state: "CREATED", dateRange, startDate: "2027-01-15T23:10:00Z" }]);
  });

  test("a job that runs once keeps its range", async () => {
    const { call, projectId } = await createAdministrator();
    const jobId = await app.storage.createJob(
      projectId,
      { ...seed, frequency: once },
      { ...seedRun, period: once.dateRange },
    );
    await put(call, jobId, { state: "SUSPENDED" });
    expect((await put(call, jobId, { state: "ACTIVE" })).status).toBe(200);
    const dateRange = { from: "2027-01-15T07:00:00Z", to: "2027-01-15T08:00:00Z" };
    expect(payloadOf(await call(`/v1/exports/${jobId}/runs`))).toMatchObject([{ state: "CREATED", dateRange }]);
  });

  test.each(["COMPUTING", "COMPLETED", "DELETED"] as const)("409 CONFLICT: a job that is %s", async (state) => {
    const { call, projectId } = await createAdministrator();
    const jobId = await createJob(projectId, { state, frequency: once });
    for (const asked of ["ACTIVE", "SUSPENDED"]) {
      const answer = await put(call, jobId, { state: asked });
      expect([answer.status, answer.body]).toStrictEqual([
        409,
        errorBody("CONFLICT", "The job is neither active nor suspended."),
      ]);
    }
    expect((await app.storage.findJob(projectId, jobId))?.state).toBe(state);
  });

  test("404 NOT_FOUND: another project's job, none, no id", async () => {
    const [{ call }, other] = [await createAdministrator(), await createAdministrator()];
    const foreign = await createJob(other.projectId);
    for (const id of [foreign, foreign + 1_000_000, 0, "abc"]) {
      const { status, body } = await put(call, id, { state: "SUSPENDED" });
      expect([status, body]).toStrictEqual(unknownJob);
    }
    expect((await app.storage.findJob(other.projectId, foreign))?.state).toBe("ACTIVE");
  });

  test.each([
    [{}, "state is required."],
    [{ state: "DELETED" }, "state must be one of ACTIVE, SUSPENDED."],
    [{ state: "ACTIVE", name: "x" }, "The body holds an unknown member; known are state."],
    [[], "The body must be a JSON object."],
  ])("400 INVALID_REQUEST: %j", async (sent, description) => {
    const { call, projectId } = await createAdministrator();
    const { status, body } = await put(call, await createJob(projectId), sent);
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", description)]);
  });
});

describe("DELETE /v1/administration/exports/{jobId}", () => {
  test("204, once; the job is in the list of deleted ones alone, and its files can still be fetched", async () => {
    const { call, projectId } = await createAdministrator();
    const { jobId, runId } = await createSuccessfulRun(app, projectId, [Buffer.from("abc")]);
    const { status, body } = await call(`/v1/administration/exports/${jobId}`, { method: "DELETE" });
    expect([status, body]).toStrictEqual([204, undefined]);
    expect(payloadOf(await call("/v1/exports"))).toStrictEqual([]);
    expect(payloadOf(await call("/v1/exports?state=DELETED"))).toMatchObject([{ jobId, state: "DELETED" }]);
    const { files } = payloadOf<{ files: { url: string }[] }>(await call(`/v1/exports/${jobId}/runs/${runId}`));
    const fetched = await fetch(`${files[0]?.url.replace(app.endpoint, app.url)}`);
    expect([fetched.status, await fetched.text()]).toStrictEqual([200, "abc"]);
    const again = await call(`/v1/administration/exports/${jobId}`, { method: "DELETE" });
    expect([again.status, again.body]).toStrictEqual(unknownJob);
  });

  test("404 NOT_FOUND: another project's job, none, no id", async () => {
    const [{ call }, other] = [await createAdministrator(), await createAdministrator()];
    const foreign = await createJob(other.projectId);
    for (const id of [foreign, foreign + 1_000_000, 0, "abc"]) {
      const { status, body } = await call(`/v1/administration/exports/${id}`, { method: "DELETE" });
      expect([status, body]).toStrictEqual(unknownJob);
    }
    expect((await app.storage.findJob(other.projectId, foreign))?.state).toBe("ACTIVE");
  });
});

describe("/v1/administration/settings", () => {
  const path = "/v1/administration/settings";

  test("UTC until another time zone is set, for that project alone", async () => {
    const [mine, other] = [await createAdministrator(), await createAdministrator()];
    expect((await mine.call(path)).body).toStrictEqual({ success: true, payload: { timeZone: "UTC" } });
    const set = await mine.call(path, withJson("PUT", { timeZone: "America/St_Johns" }));
    expect([set.status, set.body]).toStrictEqual([200, { success: true, payload: { timeZone: "America/St_Johns" } }]);
    expect((await mine.call(path)).body).toStrictEqual(set.body);
    expect((await other.call(path)).body).toStrictEqual({ success: true, payload: { timeZone: "UTC" } });
  });

  const zoneRule = "timeZone must be the name of a time zone, such as UTC or Europe/Paris.";
  const wrongZones = ["Mars/Olympus", "", "+01:00", "../etc/passwd", "x".repeat(101), 7, null];
  test.each<readonly [object, string]>([
    [{}, "timeZone is required."],
    ...wrongZones.map((timeZone) => [{ timeZone }, zoneRule] as const),
    [{ timeZone: "UTC", linkEpoch: 7 }, "The body holds an unknown member; known are timeZone."],
  ])("400 INVALID_REQUEST: %j", async (sent, description) => {
    const { call } = await createAdministrator();
    const { status, body } = await call(path, withJson("PUT", sent));
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", description)]);
  });
});

test("DELETE /v1/administration/links: 204, and the links of the project end, of no other", async () => {
  const [mine, other] = [await createAdministrator(), await createAdministrator()];
  const fetchFirst = async ({ call, projectId }: Caller) => {
    const { jobId, runId } = await createSuccessfulRun(app, projectId, [Buffer.from("abc")]);
    const { files } = payloadOf<{ files: { url: string }[] }>(await call(`/v1/exports/${jobId}/runs/${runId}`));
    return async () => (await fetch(`${files[0]?.url.replace(app.endpoint, app.url)}`)).status;
  };
  const [fetchMine, fetchOther] = [await fetchFirst(mine), await fetchFirst(other)];
  expect([await fetchMine(), await fetchOther()]).toStrictEqual([200, 200]);
  const { status, body } = await mine.call("/v1/administration/links", { method: "DELETE" });
  expect([status, body]).toStrictEqual([204, undefined]);
  expect([await fetchMine(), await fetchOther()]).toStrictEqual([403, 200]);
});

describe("POST /v1/administration/preview", () => {
  const path = "/v1/administration/preview";
  const { name, format, scope, fields } = seed;
  const job = { name, format, scope, fields, frequency: { value: "daily" } };
  const outcome = { columns: ["is_first"], rows: [["1"], ["0"]] };
  const tasks: Task[] = [];
  const asked: DateRange[] = [];

  /** Data is there from a moment on. */
  const haveDataIn = (has: (period: DateRange) => boolean): void => {
    app.fakes.find = async ({ period }) => {
      asked.push(period);
      return { files: has(period) ? ["/data/views.parquet"] : [], missingDays: [] };
    };
  };

  beforeEach(() => {
    tasks.length = 0;
    asked.length = 0;
    app.fakes.runTask = async (task) => {
      tasks.push(task);
      return outcome;
    };
    haveDataIn(() => true);
  });

  test("ten rows of the last whole day, in the project's time zone", async () => {
    const { call, projectId } = await createAdministrator();
    await app.storage.setTimeZone(projectId, "Europe/Paris");
    const { status, body } = await call(path, withJson("POST", { ...job, deviceLabel: "tablet", segmentId: 7 }));
    const dateRange = { from: "2027-01-13T23:00:00Z", to: "2027-01-14T23:00:00Z" };
    expect([status, body]).toStrictEqual([200, { success: true, payload: { ...outcome, dateRange } }]);
    const period = { from: Date.UTC(2027, 0, 13, 23), to: Date.UTC(2027, 0, 14, 23) };
    const selection = { projectId, scope, fields, period, deviceLabel: "tablet", segmentId: 7 };
    expect(tasks).toStrictEqual([{ kind: "preview", selection, files: ["/data/views.parquet"], limit: 10 }]);
    expect(await call("/v1/exports")).toMatchObject({ body: { payload: [] } });
  });

  test("of the last day that has data", async () => {
    const { call } = await createAdministrator();
    haveDataIn(({ from }) => from <= Date.UTC(2027, 0, 4));
    const dateRange = { from: "2027-01-04T00:00:00Z", to: "2027-01-05T00:00:00Z" };
    expect(payloadOf(await call(path, withJson("POST", job)))).toStrictEqual({ ...outcome, dateRange });
  });

  test("of the last whole hour", async () => {
    const { call } = await createAdministrator();
    const dateRange = { from: "2027-01-15T07:00:00Z", to: "2027-01-15T08:00:00Z" };
    const sent = { ...job, frequency: { value: "hourly" } };
    expect(payloadOf(await call(path, withJson("POST", sent)))).toStrictEqual({ ...outcome, dateRange });
  });

  test("of a range, and of nothing else", async () => {
    const { call } = await createAdministrator();
    haveDataIn(() => false);
    const dateRange = { from: "2027-01-10T00:00:00Z", to: "2027-01-12T00:00:00Z" };
    const sent = { ...job, frequency: { value: "once", dateRange } };
    const payload = { columns: ["is_first"], rows: [], dateRange };
    expect(payloadOf(await call(path, withJson("POST", sent)))).toStrictEqual(payload);
    expect(asked).toStrictEqual([{ from: Date.UTC(2027, 0, 10), to: Date.UTC(2027, 0, 12) }]);
  });

  test.each([
    ["daily", 31, "2027-01-14T00:00:00Z", "2027-01-15T00:00:00Z"],
    ["hourly", 48, "2027-01-15T07:00:00Z", "2027-01-15T08:00:00Z"],
  ])("without any data: the columns alone, after so many looks: %s, %i", async (value, looks, from, to) => {
    const { call } = await createAdministrator();
    haveDataIn(() => false);
    const sent = { ...job, frequency: { value }, fields: [{ fieldName: "is_first", aliasName: "first" }] };
    const payload = { columns: ["first"], rows: [], dateRange: { from, to } };
    expect(payloadOf(await call(path, withJson("POST", sent)))).toStrictEqual(payload);
    expect([tasks.length, asked.length]).toStrictEqual([0, looks]);
    for (const [index, { from }] of asked.entries()) expect(asked[index + 1]?.to ?? from).toBe(from);
  });

  test("400 INVALID_REQUEST: what POST /v1/exports refuses", async () => {
    const { call } = await createAdministrator();
    const { status, body } = await call(path, withJson("POST", { ...job, fields: [] }));
    expect([status, body]).toStrictEqual([
      400,
      errorBody("INVALID_REQUEST", "fields must be an array of 1 to 200 fields."),
    ]);
  });
});
