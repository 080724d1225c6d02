/** Export jobs by the management API over real servers: the admin listener, the cloud's Data Export API, its database. */

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { type DataExportApi, start } from "@biped/data-export-api";
import { createLog } from "@biped/listener";
import type { OperationName } from "@biped/management-client";
import { type Operation, operations } from "@biped/management-client/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../apps/data-export-api/src/config.ts";
import { ingest } from "../apps/data-export-api/src/data/ingest.ts";
import { createEngine } from "../apps/data-export-api/src/engine/engine.ts";
import { findFreePorts } from "./free-ports.ts";
import { type Principal, type Sent, type StartedManagement, startManagement } from "./management-server.ts";
import { createFacts, type Facts } from "./started-server.ts";

const jobs = "/api/projects/:projectId/export-jobs";
/** 2027-01-14, the day before that of the tests' clock. */
const yesterday = { from: "2027-01-14T00:00:00Z", to: "2027-01-15T00:00:00Z" };
const newJob = {
  name: "Yesterday",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "once", dateRange: yesterday },
  fields: [{ fieldName: "session_id", aliasName: "id" }, { fieldName: "country_code" }],
};

let started: StartedManagement;
let facts: Facts;
let api: DataExportApi;
let people: Record<"viewer" | "administrator" | "foreign", Principal>;

beforeAll(async () => {
  started = await startManagement("sqlite");
  facts = await createFacts(started);
  api = await startCloud();
  const { first, second } = facts;
  const person = async (name: string, memberships: Record<number, "viewer" | "administrator" | "owner">) =>
    started.signIn(name, await started.addAdministrator({ email: `${name}@example.com`, memberships }));
  people = {
    viewer: await person("viewer", { [first.id]: "viewer" }),
    administrator: await person("administrator", { [first.id]: "administrator" }),
    foreign: await person("foreign", { [second.id]: "owner" }),
  };
});
afterAll(async () => {
  await api.stop();
  await started.stop();
});

/** The cloud of project 42, with two sessions of yesterday. */
async function startCloud(): Promise<DataExportApi> {
  const { server, directory, clock, logLines } = started;
  const [port = 0] = await findFreePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const author = { at: clock.seconds, actor: "operator", requestId: undefined };
  await server.storage.setCloudEndpoint({ name: "aws-eu-west-1", endpoint }, author);
  const { config } = readConfig({
    BIPED_CLOUD: "aws-eu-west-1",
    BIPED_ENDPOINT: endpoint,
    BIPED_ISSUER: "https://replaced.example.com",
    BIPED_DATA_DIR: directory,
    BIPED_PORT: String(port),
  });
  const engine = createEngine(config.engine);
  const rows = [
    { session_id: 1, user_id: 9, session_time: "2027-01-14T10:00:00.000Z", country_code: "FR" },
    { session_id: 2, user_id: 9, session_time: "2027-01-14T23:59:59.999Z", country_code: 'a "quoted" word' },
  ];
  const input = join(directory, "sessions.jsonl");
  await writeFile(input, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const nowSeconds = () => clock.seconds;
  const parts = { root: config.dataRoot, engine, nowSeconds, onProgress: () => {} };
  const request = {
    projectId: 42,
    scope: "sessions",
    input,
    rejectsFile: `${input}.rejects`,
    coveredDays: [],
  } as const;
  const outcome = await ingest(parts, request);
  expect(outcome.days.map(({ day, rowCount }) => [day, rowCount])).toEqual([["2027-01-14", 2]]);
  await engine.close();
  const log = createLog("info", (line) => logLines.push(line));
  return start({ ...config, issuer: started.url }, { nowSeconds, randomBytes, log, guardMode: "sandbox" });
}

/** Checks whatever is answered against the contract. */
async function ask(by: Principal, name: OperationName, sent: Sent = {}) {
  const answer = await started.call(by, name, { ...sent, params: { projectId: 42, ...sent.params } });
  const operation: Operation = operations[name];
  if (answer.status < 300) {
    expect(answer.status).toBe(operation.status);
    if (operation.answer !== undefined) expect(operation.answer.parse(answer.body)).toEqual(answer.body);
  }
  return answer;
}

async function listActions(): Promise<readonly string[]> {
  const { items } = (await ask(people.administrator, "GET /api/audit-events", { query: "limit=100" })).body;
  return items.map(({ action }: { readonly action: string }) => action).reverse();
}

describe("an export job", () => {
  test("is created once under its key, previewed, run, told with links to its file, and deleted", async () => {
    const by = people.administrator;
    const preview = await ask(by, "POST /api/projects/:projectId/export-preview", { body: newJob });
    expect(preview.body).toEqual({
      columns: ["id", "country_code"],
      rows: expect.arrayContaining([
        [1, "FR"],
        [2, 'a "quoted" word'],
      ]),
      dateRange: yesterday,
    });

    const headers = { "idempotency-key": "yesterday" };
    const created = await ask(by, `POST ${jobs}`, { body: newJob, headers });
    expect([created.status, created.body]).toMatchObject([201, { ...newJob, deviceLabel: "all", segmentId: null }]);
    const { jobId } = created.body;
    const again = await ask(by, `POST ${jobs}`, { body: newJob, headers });
    expect([again.status, again.body.jobId]).toEqual([201, jobId]);
    expect((await ask(by, `GET ${jobs}`)).body.items.map((job: { jobId: number }) => job.jobId)).toEqual([jobId]);
    const other = await ask(by, `POST ${jobs}`, { body: { ...newJob, name: "Other" }, headers });
    expect([other.status, other.body.errorCode]).toEqual([422, "IDEMPOTENCY_MISMATCH"]);

    const run = await waitForRun(jobId);
    expect(run).toMatchObject({ state: "SUCCESS", rowCount: 2, fileCount: 1, dateRange: yesterday, attempts: 1 });
    const runId = run.jobRunId;
    const shown = await ask(by, `GET ${jobs}/:jobId/runs/:runId`, { params: { jobId, runId } });
    const [file] = shown.body.files;
    expect(shown.body.files.length).toBe(1);
    const fetched = await fetch(file.url);
    const lines = gunzipSync(Buffer.from(await fetched.arrayBuffer()))
      .toString()
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line)).sort((left, right) => left.id - right.id)).toEqual([
      { id: 1, country_code: "FR" },
      { id: 2, country_code: 'a "quoted" word' },
    ]);

    expect((await ask(by, "DELETE /api/projects/:projectId/export-links")).status).toBe(204);
    expect((await fetch(file.url)).status).toBe(403);
    expect((await ask(by, `DELETE ${jobs}/:jobId`, { params: { jobId } })).status).toBe(204);
    expect((await ask(by, `GET ${jobs}`)).body).toEqual({ items: [], nextCursor: null });
    expect((await listActions()).filter((action) => action.startsWith("export-"))).toEqual([
      "export-preview.read",
      "export-job.create",
      "export-run.read",
      "export-links.end",
      "export-job.delete",
    ]);
  });

  test("that is repeated is paused and goes on; the list has pages; the time zone is set", async () => {
    const by = people.administrator;
    const ids: number[] = [];
    for (const name of ["One", "Two", "Three"]) {
      const body = { ...newJob, name, frequency: { value: "daily" } };
      ids.push((await ask(by, `POST ${jobs}`, { body })).body.jobId);
    }
    const first = await ask(by, `GET ${jobs}`, { query: "limit=2" });
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(["Three", "Two"]);
    const second = await ask(by, `GET ${jobs}`, { query: `limit=2&cursor=${first.body.nextCursor}` });
    expect([second.body.items.length, second.body.nextCursor]).toEqual([1, null]);

    const params = { jobId: ids[0] ?? 0 };
    const setState = async (state: string) =>
      (await ask(by, `PUT ${jobs}/:jobId/state`, { params, body: { state } })).body.state;
    expect([await setState("SUSPENDED"), await setState("ACTIVE")]).toEqual(["SUSPENDED", "ACTIVE"]);
    const paused = await ask(by, `GET ${jobs}`, { query: "state=SUSPENDED" });
    expect(paused.body).toEqual({ items: [], nextCursor: null });
    const runs = await ask(people.viewer, `GET ${jobs}/:jobId/runs`, { params });
    expect(runs.body.items).toMatchObject([{ state: "CREATED", rowCount: null }]);

    const settings = "/api/projects/:projectId/export-settings";
    expect((await ask(by, `GET ${settings}`)).body).toEqual({ timeZone: "UTC" });
    const set = await ask(by, `PUT ${settings}`, { body: { timeZone: "Europe/Paris" } });
    expect([set.status, set.body]).toEqual([200, { timeZone: "Europe/Paris" }]);
    const wrong = await ask(by, `PUT ${settings}`, { body: { timeZone: "Mars/Base" } });
    expect([wrong.status, wrong.body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
  });

  test("what it may have: the fields of its scope", async () => {
    const answer = await ask(people.viewer, "GET /api/projects/:projectId/exportable-fields", { query: "scope=views" });
    expect(answer.status).toBe(200);
    expect(answer.body.fields.map(({ name }: { name: string }) => name)).toContain("scroll_rate");
  });

  test("400: the API's own words, with the member that is wrong", async () => {
    const fields = [{ fieldName: "session_id" }, { fieldName: "session_id", aliasName: "=cmd" }];
    const answer = await ask(people.administrator, `POST ${jobs}`, { body: { ...newJob, fields } });
    expect([answer.status, answer.body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
    expect(answer.body.errorMessage).toMatch(/^fields\[1\]\.aliasName must /);
    const nested = { ...newJob, frequency: { value: "daily", hour: 3 } };
    const unknown = await ask(people.administrator, `POST ${jobs}`, { body: nested });
    expect([unknown.status, unknown.body.errorMessage]).toEqual([400, "hour is not a member of this request."]);
  });

  test("403: a viewer changes nothing and gets no link; 404: to others the project is not there", async () => {
    const params = { jobId: 1, runId: 1 };
    const viewer = [
      await ask(people.viewer, `POST ${jobs}`, { body: newJob }),
      await ask(people.viewer, `DELETE ${jobs}/:jobId`, { params }),
      await ask(people.viewer, `GET ${jobs}/:jobId/runs/:runId`, { params }),
      await ask(people.viewer, "POST /api/projects/:projectId/export-preview", { body: newJob }),
    ];
    expect(viewer.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect((await ask(people.foreign, `GET ${jobs}`)).status).toBe(404);
    const missing = await ask(people.viewer, `GET ${jobs}/:jobId`, { params: { jobId: 999_999 } });
    expect([missing.status, missing.body.errorCode]).toEqual([404, "NOT_FOUND"]);
  });
});

test("a token with data-export alone does not open the administration's routes", async () => {
  const { account } = facts;
  const granted = await fetch(`${started.url}/v1/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "client_credentials",
      client_id: account.clientId,
      client_secret: account.clientSecret,
      scope: "data-export",
      project_id: 42,
    }),
  });
  const { access_token, endpoint } = (await granted.json()) as { access_token: string; endpoint: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const settings = await fetch(`${endpoint}/v1/administration/settings`, { headers });
  expect([settings.status, ((await settings.json()) as { errorCode: string }).errorCode]).toEqual([
    403,
    "INSUFFICIENT_SCOPE",
  ]);
  expect((await fetch(`${endpoint}/v1/exports`, { headers })).status).toBe(200);
});

async function waitForRun(jobId: number) {
  for (let tries = 0; tries < 300; tries += 1) {
    const { items } = (await ask(people.viewer, `GET ${jobs}/:jobId/runs`, { params: { jobId } })).body;
    const [run] = items;
    if (run.endDate !== null) return run;
    await wait(100);
  }
  throw new Error("The run did not end within 30 s.");
}
