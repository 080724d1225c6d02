import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createSuccessfulRun,
  errorBody,
  now,
  payloadOf,
  type StartedApp,
  seed,
  seedRun,
  startApp,
} from "../../test/started-app.ts";

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const idsOf = (answer: Parameters<typeof payloadOf>[0]) =>
  payloadOf<{ jobRunId: number }[]>(answer).map(({ jobRunId }) => jobRunId);

const waiting = {
  jobRunId: expect.any(Number),
  state: "CREATED",
  startDate: "2027-01-15T09:10:00Z",
  endDate: null,
  dateRange: { from: "2027-01-15T08:00:00Z", to: "2027-01-15T09:00:00Z" },
  completionRate: 0,
  attempts: 0,
  rowCount: null,
  byteCount: null,
  fileCount: null,
  failureReason: null,
};

const successful = {
  state: "SUCCESS",
  startDate: "2027-01-15T08:00:00Z",
  endDate: "2027-01-15T08:01:00Z",
  dateRange: { from: "2027-01-15T08:00:00Z", to: "2027-01-15T09:00:00Z" },
  completionRate: 100,
  attempts: 1,
  rowCount: 12,
  byteCount: 7,
  fileCount: 2,
  failureReason: null,
};

const contents = [Buffer.from("abcd"), Buffer.from("efg")];

/** A job with as many runs as there are; all but the last one are RUNNABLE. */
async function createRuns(projectId: number, count: number) {
  const jobId = await app.storage.createJob(projectId, seed, seedRun);
  for (let index = 1; index < count; index += 1) {
    const from = now * 1000 + index * 3_600_000;
    const due = await app.storage.listDueRuns(now + 86_400, 1000);
    const newest = due.findLast(({ job }) => job.jobId === jobId);
    const next = { period: { from, to: from + 3_600_000 }, dueAt: now + 4200 };
    await app.storage.releaseRun(newest?.run.runId ?? 0, next);
  }
  return jobId;
}

describe("GET /v1/exports/{jobId}/runs", () => {
  test("the run that waits, with all its members", async () => {
    const { call, projectId } = await app.createCaller();
    const jobId = await app.storage.createJob(projectId, seed, seedRun);
    const { status, headers, body } = await call(`/v1/exports/${jobId}/runs`);
    expect([status, body]).toStrictEqual([200, { success: true, payload: [{ ...waiting, jobId }] }]);
    expect(headers.get("link")).toBeNull();
  });

  test("the newest first; state, order, page and limit say otherwise; the next page is linked", async () => {
    const { call, projectId } = await app.createCaller();
    const jobId = await createRuns(projectId, 5);
    const path = `/v1/exports/${jobId}/runs`;
    const all = idsOf(await call(path));
    expect(all).toStrictEqual(all.toSorted((one, other) => other - one));
    expect(all.length).toBe(5);
    expect(idsOf(await call(`${path}?order=ASC&limit=2&page=2`))).toStrictEqual(all.toReversed().slice(2, 4));
    expect(idsOf(await call(`${path}?state=CREATED`))).toStrictEqual(all.slice(0, 1));
    expect(idsOf(await call(`${path}?state=RUNNABLE`))).toStrictEqual(all.slice(1));
    const first = await call(`${path}?limit=2`);
    expect(first.headers.get("link")).toBe(`<${path}?limit=2&page=2&upTo=${all[0]}>; rel="next"`);
    expect(idsOf(await call(`${path}?limit=2&page=2&upTo=${all[0]}`))).toStrictEqual(all.slice(2, 4));
    await app.storage.deleteJob(projectId, jobId, now);
  });

  test("404 NOT_FOUND before anything else: another project's job, none, no id", async () => {
    const [mine, other] = [await app.createCaller(), await app.createCaller()];
    const foreign = await app.storage.createJob(other.projectId, seed, seedRun);
    for (const id of [`${foreign}`, `${foreign + 1_000_000}`, "0", "abc", "successful-runs", "1%00"]) {
      const { status, body } = await mine.call(`/v1/exports/${id}/runs?page=0`);
      expect([id, status, body]).toStrictEqual([id, 404, errorBody("NOT_FOUND", "There is no such export job.")]);
    }
  });

  test.each([
    ["state=ACTIVE", "state must be one of CREATED, RUNNABLE, RUNNING, SUCCESS, FAILURE."],
    ["limit=101", "limit must be an integer from 1 to 100."],
    ["page=0", "page must be an integer from 1 to 1000000000."],
    ["jobId=1", "The query holds an unknown parameter; known are state, order, page, limit, upTo."],
  ])("400 INVALID_REQUEST: %s", async (query, description) => {
    const { call, projectId } = await app.createCaller();
    const jobId = await app.storage.createJob(projectId, seed, seedRun);
    const { status, body } = await call(`/v1/exports/${jobId}/runs?${query}`);
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", description)]);
  });
});

describe("GET /v1/exports/{jobId}/runs/{runId}", () => {
  test("a run that waits has no files yet", async () => {
    const { call, projectId } = await app.createCaller();
    const jobId = await app.storage.createJob(projectId, seed, seedRun);
    const [runId = 0] = idsOf(await call(`/v1/exports/${jobId}/runs`));
    const { status, body } = await call(`/v1/exports/${jobId}/runs/${runId}`);
    expect([status, body]).toStrictEqual([200, { success: true, payload: { ...waiting, jobId, files: [] } }]);
  });

  test("a successful run with its files; each reading makes new links, none of which is logged", async () => {
    const { call, projectId } = await app.createCaller();
    const { jobId, runId, parts } = await createSuccessfulRun(app, projectId, contents);
    const { status, body } = await call(`/v1/exports/${jobId}/runs/${runId}`);
    const files = parts.map(({ file, bytes }) => ({
      partId: file.partId,
      url: expect.stringMatching(
        `^${app.endpoint}/v1/files/${file.fileId}\\?v=2&exp=1800000900&key=[0-9a-f]{16}&footing=[0-9a-z.]{20,80}&sig=`,
      ),
      expirationDate: "2027-01-15T08:15:00Z",
      fileExpirationDate: "2027-01-22T08:01:00Z",
      byteCount: bytes.length,
    }));
    const payload = { jobRunId: runId, jobId, ...successful, files };
    expect([status, body]).toStrictEqual([200, { success: true, payload }]);
    app.issuer.advance(60);
    const later = payloadOf<{ files: { expirationDate: string }[] }>(await call(`/v1/exports/${jobId}/runs/${runId}`));
    expect(later.files[0]?.expirationDate).toBe("2027-01-15T08:16:00Z");
    app.issuer.advance(-60);
    expect(app.logLines.join("")).not.toContain("sig=");
  });

  test("files whose time is over are no longer listed; what was written is still told", async () => {
    const { projectId } = await app.createCaller();
    const { jobId, runId } = await createSuccessfulRun(app, projectId, contents);
    app.issuer.advance(60 + 7 * 86_400);
    const call = app.callWith(await app.issuer.mint({ project_id: projectId }));
    const { body } = await call(`/v1/exports/${jobId}/runs/${runId}`);
    expect(body).toStrictEqual({ success: true, payload: { jobRunId: runId, jobId, ...successful, files: [] } });
    app.issuer.advance(-60 - 7 * 86_400);
  });

  test("404 NOT_FOUND: another project's run, another job's, none, no id", async () => {
    const [mine, other] = [await app.createCaller(), await app.createCaller()];
    const foreign = await createSuccessfulRun(app, other.projectId, contents);
    const { jobId, runId } = await createSuccessfulRun(app, mine.projectId, contents);
    const otherJob = await app.storage.createJob(mine.projectId, seed, seedRun);
    const paths = [
      `${foreign.jobId}/runs/${foreign.runId}`,
      `${jobId}/runs/${foreign.runId}`,
      `${foreign.jobId}/runs/${runId}`,
      `${otherJob}/runs/${runId}`,
      `${jobId}/runs/${runId + 1_000_000}`,
      `${jobId}/runs/0`,
      `${jobId}/runs/latest`,
      `x/runs/${runId}`,
      `${jobId}/runs/${runId}%00`,
    ];
    for (const path of paths) {
      const { status, body } = await mine.call(`/v1/exports/${path}`);
      expect([path, status, body]).toStrictEqual([path, 404, errorBody("NOT_FOUND", "There is no such export run.")]);
    }
    expect((await mine.call(`/v1/exports/${jobId}/runs/${runId}`)).status).toBe(200);
  });

  test("400 INVALID_REQUEST: a query", async () => {
    const { call } = await app.createCaller();
    const { status, body } = await call("/v1/exports/1/runs/1?files=true");
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", "The query must be empty here.")]);
  });
});

describe("GET /v1/exports/successful-runs", () => {
  test("those of all jobs of the project, the newest first, and no others", async () => {
    const [{ call, projectId }, other] = [await app.createCaller(), await app.createCaller()];
    await app.storage.createJob(projectId, seed, seedRun);
    const runs = [];
    for (let count = 0; count < 3; count += 1) runs.unshift(await createSuccessfulRun(app, projectId, contents));
    await createSuccessfulRun(app, other.projectId, contents);
    const { status, body } = await call("/v1/exports/successful-runs");
    const payload = runs.map(({ jobId, runId }) => ({ jobRunId: runId, jobId, ...successful }));
    expect([status, body]).toStrictEqual([200, { success: true, payload }]);
    const [newest, , oldest] = runs;
    const first = await call("/v1/exports/successful-runs?limit=2");
    const next = `</v1/exports/successful-runs?limit=2&page=2&upTo=${newest?.runId}>; rel="next"`;
    expect(first.headers.get("link")).toBe(next);
    await createSuccessfulRun(app, projectId, contents);
    const second = await call(`/v1/exports/successful-runs?limit=2&page=2&upTo=${newest?.runId}`);
    expect(idsOf(second)).toStrictEqual([oldest?.runId]);
    expect(idsOf(await call("/v1/exports/successful-runs?order=ASC&limit=1"))).toStrictEqual([oldest?.runId]);
  });

  test("400 INVALID_REQUEST: a state", async () => {
    const { call } = await app.createCaller();
    const { status, body } = await call("/v1/exports/successful-runs?state=SUCCESS");
    const known = "The query holds an unknown parameter; known are order, page, limit, upTo.";
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", known)]);
  });
});
