import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { errorBody, now, type StartedApp, startApp } from "../../test/started-app.ts";
import { DataUnavailable, type WantedData } from "../data/data-source.ts";
import { EngineFailure } from "../engine/engine.ts";
import type { Task } from "../engine/task.ts";

let app: StartedApp;
let tasks: Task[] = [];
let wanted: WantedData[] = [];

beforeAll(async () => {
  app = await startApp({ readMilliseconds: 200 });
});
afterAll(() => app.stop());

beforeEach(() => {
  tasks = [];
  wanted = [];
  app.fakes.find = async (data) => {
    wanted.push(data);
    return { files: [`/data/${data.scope}.parquet`], missingDays: [] };
  };
  answerWith([]);
});

function answerWith(...outcomes: readonly unknown[]): void {
  let next = 0;
  app.fakes.runTask = async (task) => {
    tasks.push(task);
    const outcome = outcomes[Math.min(next, outcomes.length - 1)];
    next += 1;
    return outcome;
  };
}

describe("GET /v1/custom-vars", () => {
  test("what the rows of the last 7 days have, in both scopes, of the token's project", async () => {
    const { call, projectId } = await app.createCaller();
    const vars = [{ position: 1, name: "plan" }];
    answerWith(vars);
    const { status, body } = await call("/v1/custom-vars");
    expect([status, body]).toStrictEqual([200, { success: true, payload: vars }]);
    const period = { from: (now - 7 * 86_400) * 1000, to: now * 1000 };
    expect(wanted).toStrictEqual([
      { projectId, scope: "sessions", period },
      { projectId, scope: "views", period },
    ]);
    expect(tasks).toStrictEqual([{ kind: "custom-vars", files: ["/data/sessions.parquet", "/data/views.parquet"] }]);
  });

  test("none, and no process, where there is no data", async () => {
    const { call } = await app.createCaller();
    app.fakes.find = async () => ({ files: [], missingDays: ["2027-01-14"] });
    expect((await call("/v1/custom-vars")).body).toStrictEqual({ success: true, payload: [] });
    expect(tasks).toStrictEqual([]);
  });

  test("400 INVALID_REQUEST: a query", async () => {
    const { call } = await app.createCaller();
    expect(await call("/v1/custom-vars?from=2027-01-01")).toMatchObject({ status: 400 });
  });
});

describe("GET /v1/dynamic-var-keys", () => {
  test("the keys of both scopes, each once, in the order of their characters", async () => {
    const { call, projectId } = await app.createCaller();
    answerWith(["b", "a", "B"], ["c", "a", "é"]);
    const { status, body } = await call("/v1/dynamic-var-keys?from=2027-01-01&to=2027-01-02T12%3A00%3A00%2B02%3A00");
    expect([status, body]).toStrictEqual([200, { success: true, payload: ["B", "a", "b", "c", "é"] }]);
    const period = { from: Date.UTC(2027, 0, 1), to: Date.UTC(2027, 0, 2, 10) };
    const task = { kind: "dynamic-var-keys", period, limit: 10_000 };
    expect(wanted.map((data) => data.projectId)).toStrictEqual([projectId, projectId]);
    expect(tasks).toStrictEqual([
      { ...task, scope: "sessions", files: ["/data/sessions.parquet"] },
      { ...task, scope: "views", files: ["/data/views.parquet"] },
    ]);
  });

  test("31 days to the millisecond, and not one more", async () => {
    const { call } = await app.createCaller();
    expect((await call("/v1/dynamic-var-keys?from=2027-01-01&to=2027-02-01")).status).toBe(200);
    const { status, body } = await call("/v1/dynamic-var-keys?from=2027-01-01&to=2027-02-01T00:00:00.001Z");
    const rule = "to must lie at most 31 days after from.";
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", rule)]);
  });

  const instantRule = "must be an ISO 8601 date, or date and time, such as 2026-11-03 or 2026-11-03T08:30:00Z.";
  test.each([
    ["", "from is required."],
    ["?from=2027-01-01", "to is required."],
    ["?to=2027-01-01", "from is required."],
    ["?from=2027-01-01&to=tomorrow", `to ${instantRule}`],
    ["?from=1800000000&to=2027-01-01", `from ${instantRule}`],
    ["?from=2027-01-01&to=2027-01-01", "from must lie before to."],
    ["?from=2027-01-02&to=2027-01-01", "from must lie before to."],
    ["?from=2027-01-01&to=2027-01-02&to=2027-01-03", "to must be given once."],
    ["?from=2027-01-01&to=2027-01-02&scope=views", "The query holds an unknown parameter; known are from, to."],
  ])("400 INVALID_REQUEST: %j", async (query, description) => {
    const { call } = await app.createCaller();
    const { status, body } = await call(`/v1/dynamic-var-keys${query}`);
    expect([status, body]).toStrictEqual([400, errorBody("INVALID_REQUEST", description)]);
    expect(tasks).toStrictEqual([]);
  });
});

describe("the engine", () => {
  const busy = (description: string) => errorBody("TEMPORARILY_UNAVAILABLE", description, "temporarily_unavailable");

  /** Runs until its signal ends it. */
  const runForever = (_task: Task, signal?: AbortSignal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

  test("503 TEMPORARILY_UNAVAILABLE with Retry-After: the work takes too long, and it is ended", async () => {
    const { call } = await app.createCaller();
    app.fakes.runTask = runForever;
    const { status, headers, body } = await call("/v1/custom-vars");
    expect([status, headers.get("retry-after")]).toStrictEqual([503, "5"]);
    expect(body).toStrictEqual(busy("Reading the data takes too long; try again."));
  });

  test("two processes at once; whoever gets no turn in time is 503, and the next one is served", async () => {
    let [running, most] = [0, 0];
    app.fakes.runTask = async (task, signal) => {
      running += 1;
      most = Math.max(most, running);
      try {
        return await runForever(task, signal);
      } finally {
        running -= 1;
      }
    };
    const callers = await Promise.all(Array.from({ length: 6 }, () => app.createCaller()));
    const answers = await Promise.all(callers.map(({ call }) => call("/v1/custom-vars")));
    expect(answers.map(({ status }) => status)).toStrictEqual(Array(6).fill(503));
    expect([running, most]).toStrictEqual([0, 2]);
    answerWith([]);
    expect((await callers[0]!.call("/v1/custom-vars")).status).toBe(200);
  });

  test("those that wait get their turn when one ends", async () => {
    app.fakes.runTask = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return [];
    };
    const callers = await Promise.all(Array.from({ length: 6 }, () => app.createCaller()));
    const answers = await Promise.all(callers.map(({ call }) => call("/v1/custom-vars")));
    expect(answers.map(({ status }) => status)).toStrictEqual(Array(6).fill(200));
  });

  test("a project that asks for much holds up no other one", async () => {
    const [busyOne, other] = [await app.createCaller(), await app.createCaller()];
    const { promise, resolve } = Promise.withResolvers<readonly []>();
    const begun: unknown[] = [];
    app.fakes.find = async (data) => {
      wanted.push(data);
      return { files: [`/data/${data.projectId}`], missingDays: [] };
    };
    app.fakes.runTask = (task) => {
      begun.push("files" in task ? task.files[0] : undefined);
      return promise;
    };
    const answers = Array.from({ length: 6 }, () => busyOne.call("/v1/custom-vars"));
    await expect.poll(() => wanted.length, { interval: 1 }).toBe(12);
    answers.push(other.call("/v1/custom-vars"));
    await expect.poll(() => wanted.length, { interval: 1 }).toBe(14);
    resolve([]);
    expect((await Promise.all(answers)).map(({ status }) => status)).toStrictEqual(Array(7).fill(200));
    expect(begun.indexOf(`/data/${other.projectId}`)).toBe(2);
  });

  test("503: the place of the data is away; the log says why, the answer names no path", async () => {
    const { call } = await app.createCaller();
    const cause = new Error("EACCES: permission denied, scandir '/mnt/data'");
    app.fakes.find = () => Promise.reject(new DataUnavailable("A directory of the data cannot be read.", { cause }));
    for (const path of ["/v1/custom-vars", "/v1/dynamic-var-keys?from=2027-01-01&to=2027-01-02"]) {
      const { status, headers, body } = await call(path);
      expect([status, headers.get("retry-after")]).toStrictEqual([503, "1"]);
      expect(body).toStrictEqual(busy("The service is unavailable for the moment."));
    }
    expect(app.logLines.join("")).toContain("/mnt/data");
  });

  test("503: the data cannot be read; the log says why", async () => {
    const { call } = await app.createCaller();
    app.fakes.runTask = () => Promise.reject(new EngineFailure("A file is damaged.", { isLasting: true }));
    const { status, body } = await call("/v1/custom-vars");
    expect([status, body]).toStrictEqual([503, busy("The data cannot be read.")]);
    expect(app.logLines.join("")).toContain("A file is damaged.");
  });

  test("500 INTERNAL_ERROR: anything else", async () => {
    const { call } = await app.createCaller();
    app.fakes.runTask = () => Promise.reject(new Error("a bug"));
    expect(await call("/v1/custom-vars")).toMatchObject({ status: 500, body: { errorCode: "INTERNAL_ERROR" } });
  });
});
