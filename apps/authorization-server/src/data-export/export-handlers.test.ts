import type { OperationName } from "@biped/management-client";
import { operations } from "@biped/management-client/contract";
import { isRefusal } from "@biped/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import {
  createFakeCloud,
  exportFile,
  exportJob,
  exportRun,
  type FakeCloud,
  refuseAs,
  succeed,
} from "../../../../test/fake-cloud.ts";
import type { Account, Asked, Asking, Author } from "../storage/storage.ts";
import type { ProjectView } from "../storage/views.ts";
import { createExportHandlers } from "./export-handlers.ts";

/** 2027-01-15T08:00:00Z. */
const now = 1_800_000_000;
const enabled = { id: 42, accountId: 1, cloud: "aws", endpoint: "https://api.eu-west-1.example.com", state: "enabled" };
const project = { ...enabled, accountState: "enabled", epoch: 0 } as ProjectView;
const newJob = {
  name: "Nightly",
  format: "CSV",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
};
const jobs = "/api/projects/:projectId/export-jobs";

/** The audit log and the keys, as the storage keeps them. */
function createMemory() {
  const events: { readonly asked: Omit<Asked, "askingId">; readonly author: Author }[] = [];
  const keys = new Map<string, Asking>();
  const storage = {
    findAccount: async () => ({ epoch: 0 }) as Account,
    recordAsking: async ({ askingId, ...asked }: Asked, author: Author): Promise<Asking> => {
      const key = author.idempotency?.key;
      const former = key === undefined ? undefined : keys.get(key);
      if (former !== undefined) return former;
      events.push({ asked, author });
      if (key !== undefined) keys.set(key, { askingId });
      return { askingId };
    },
    endAsking: async (asking: Asking | undefined, { idempotency }: Author) => {
      if (idempotency === undefined) return;
      if (asking === undefined) keys.delete(idempotency.key);
      else keys.set(idempotency.key, asking);
    },
  };
  return { storage, events, keys };
}

let cloud: FakeCloud;
let memory: ReturnType<typeof createMemory>;
let call: (name: OperationName, given?: Given) => Promise<unknown>;

type Given = { readonly [name in "params" | "query" | "body" | "project"]?: object } & { readonly key?: string };

beforeEach(() => {
  cloud = createFakeCloud();
  memory = createMemory();
  let bytes = 0;
  const nextByte = (): number => {
    bytes += 1;
    return bytes;
  };
  const handlers = createExportHandlers({
    storage: memory.storage,
    signer: async ({ scope }) => scope,
    holdIssuing: () => undefined,
    issuer: "https://auth.example.com",
    nowSeconds: () => now,
    nextTokenId: () => "id-1",
    randomBytes: (count) => Buffer.alloc(count, nextByte()),
    fetch: cloud.fetch,
  });
  call = async (name, { params = {}, query = {}, body, project: other = {}, key } = {}) => {
    const idempotency = key === undefined ? undefined : { key, fingerprint: "f" };
    const author: Author = { at: now, actor: "administrator:a1", requestId: "r", idempotency };
    const target = { accountId: 1, project: { ...project, ...other }, credential: undefined };
    const request = { params: { projectId: 42, jobId: 7, runId: 3, ...params }, query, body, author, target };
    // biome-ignore lint/suspicious/noExplicitAny: one caller for the handlers of all operations.
    const answer = await (handlers as any)[name](request);
    if (isRefusal(answer)) return `${answer.status} ${answer.code}: ${answer.description}`;
    const { answer: schema } = operations[name] as { readonly answer?: { readonly parse: (body: unknown) => unknown } };
    if (schema !== undefined) expect(schema.parse(answer.body)).toEqual(answer.body);
    return answer.body;
  };
});

const listAsked = () => cloud.calls.map(({ method, path, body }) => [`${method} ${path}`, body]);
const listEvents = () => memory.events.map(({ asked }) => asked);
const describeEvent = (action: string, after: object) => ({ action, subject: "project:42", accountId: 1, after });

describe("reading", () => {
  test("the list of jobs is a page of the API's, newest first", async () => {
    const { items, nextCursor } = (await call(`GET ${jobs}`, { query: { limit: 1, state: "ACTIVE" } })) as {
      items: unknown;
      nextCursor: string;
    };
    expect(items).toEqual([exportJob]);
    await call(`GET ${jobs}`, { query: { limit: 1, cursor: nextCursor } });
    expect(listAsked().map(([asked]) => asked)).toEqual([
      "GET /v1/exports?order=DESC&page=1&limit=1&state=ACTIVE",
      "GET /v1/exports?order=DESC&page=2&limit=1&upTo=7",
    ]);
    expect(listEvents()).toEqual([]);
  });

  test("a job, its runs and the settings are as the API tells them; nothing of it is an event", async () => {
    expect(await call(`GET ${jobs}/:jobId`)).toEqual(exportJob);
    expect(await call(`GET ${jobs}/:jobId/runs`)).toEqual({ items: [exportRun], nextCursor: null });
    expect(await call("GET /api/projects/:projectId/export-settings")).toEqual({ timeZone: "Europe/Paris" });
    expect(listAsked().map(([asked]) => asked)).toEqual([
      "GET /v1/exports/7",
      "GET /v1/exports/7/runs?order=DESC&page=1&limit=50",
      "GET /v1/administration/settings",
    ]);
    expect(listEvents()).toEqual([]);
  });

  test("what a job may export: fields, and the variables of the last 7 days", async () => {
    expect(await call("GET /api/projects/:projectId/exportable-fields", { query: { scope: "views" } })).toEqual({
      fields: [{ name: "session_id", type: "String", description: "Its id" }],
      customVars: [{ position: 1, name: "plan" }],
      dynamicVarKeys: ["colour"],
    });
    expect(listAsked().map(([asked]) => asked)).toEqual([
      "GET /v1/exportable-fields?scope=views",
      "GET /v1/custom-vars",
      "GET /v1/dynamic-var-keys?from=2027-01-08T08%3A00%3A00Z&to=2027-01-15T08%3A00%3A00Z",
    ]);
  });

  test("404 of the API for a job that is another project's, or none", async () => {
    expect(await call(`GET ${jobs}/:jobId`, { params: { jobId: 8 } })).toBe("404 NOT_FOUND: There is no such job.");
  });

  test("what a disabled project has is told, also where only its account is disabled", async () => {
    for (const other of [{ state: "disabled" }, { accountState: "disabled" }]) {
      expect(await call(`GET ${jobs}/:jobId`, { project: other })).toEqual(exportJob);
    }
  });
});

describe("reading data", () => {
  test("a run with new links is an event, written before the cloud is asked, each time anew", async () => {
    const run = `GET ${jobs}/:jobId/runs/:runId` as const;
    cloud.answers["GET /v1/exports/7/runs/3"] = () => {
      expect(listEvents().at(-1)).toEqual(describeEvent("export-run.read", { jobId: 7, runId: 3 }));
      return succeed(200, { ...exportRun, files: [exportFile] });
    };
    expect(await call(run, { key: "same" })).toEqual({ ...exportRun, files: [exportFile] });
    await call(run, { key: "same" });
    expect([listEvents().length, memory.keys.size]).toEqual([2, 0]);
  });

  test.each([
    "https://evil.example/v1/files/0123456789abcdef0123456789abcdef?v=1",
    "https://api.eu-west-1.example.com.evil.example/v1/files/0?v=1",
    "https://api.eu-west-1.example.com@evil.example/v1/files/0?v=1",
    "http://api.eu-west-1.example.com/v1/files/0?v=1",
    "javascript:alert(1)",
    "",
  ])("503: a link to another place than the cloud: %j", async (url) => {
    cloud.answers["GET /v1/exports/7/runs/3"] = () =>
      succeed(200, { ...exportRun, files: [exportFile, { ...exportFile, url }] });
    expect(await call(`GET ${jobs}/:jobId/runs/:runId`)).toMatch(/^503 /);
  });

  test("503: more than was asked for", async () => {
    cloud.answers["GET /v1/exports"] = () => succeed(200, [exportJob, exportJob]);
    cloud.answers["GET /v1/exports/7/runs"] = () => succeed(200, [exportRun, exportRun]);
    for (const name of [`GET ${jobs}`, `GET ${jobs}/:jobId/runs`] as const) {
      expect(await call(name, { query: { limit: 1 } })).toMatch(/^503 /);
    }
  });

  test("a preview is an event with what was asked, and without the rows", async () => {
    const rows = { columns: ["session_id"], rows: [["a"]], dateRange: exportRun.dateRange };
    expect(await call("POST /api/projects/:projectId/export-preview", { body: newJob })).toEqual(rows);
    expect(listAsked()).toEqual([["POST /v1/administration/preview", newJob]]);
    expect(listEvents()).toEqual([describeEvent("export-preview.read", newJob)]);
  });

  test("409: a disabled project, or one of a disabled account, gives out nothing", async () => {
    for (const other of [{ state: "disabled" }, { accountState: "disabled" }]) {
      const answers = [
        await call(`GET ${jobs}/:jobId/runs/:runId`, { project: other }),
        await call("POST /api/projects/:projectId/export-preview", { project: other, body: newJob }),
      ];
      expect(answers).toEqual(answers.map(() => "409 CONFLICT: The project or its account is disabled."));
    }
    expect([cloud.calls, listEvents()]).toEqual([[], []]);
  });
});

type Change = {
  readonly name: OperationName;
  readonly body?: object;
  /** Of the cloud, in this order. */
  readonly asked: readonly [string, ...string[]];
  readonly action: string;
  readonly after: object;
  readonly answer: unknown;
};

const changes: readonly Change[] = [
  {
    name: `POST ${jobs}`,
    body: newJob,
    asked: ["POST /v1/exports", "GET /v1/exports/7"],
    action: "export-job.create",
    after: newJob,
    answer: exportJob,
  },
  {
    name: `PUT ${jobs}/:jobId/state`,
    body: { state: "SUSPENDED" },
    asked: ["PUT /v1/administration/exports/7/state", "GET /v1/exports/7"],
    action: "export-job.suspend",
    after: { jobId: 7 },
    answer: exportJob,
  },
  {
    name: `PUT ${jobs}/:jobId/state`,
    body: { state: "ACTIVE" },
    asked: ["PUT /v1/administration/exports/7/state", "GET /v1/exports/7"],
    action: "export-job.resume",
    after: { jobId: 7 },
    answer: exportJob,
  },
  {
    name: `DELETE ${jobs}/:jobId`,
    asked: ["DELETE /v1/administration/exports/7"],
    action: "export-job.delete",
    after: { jobId: 7 },
    answer: undefined,
  },
  {
    name: "PUT /api/projects/:projectId/export-settings",
    body: { timeZone: "Europe/Paris" },
    asked: ["PUT /v1/administration/settings", "GET /v1/administration/settings"],
    action: "export-settings.change",
    after: { timeZone: "Europe/Paris" },
    answer: { timeZone: "Europe/Paris" },
  },
  {
    name: "DELETE /api/projects/:projectId/export-links",
    asked: ["DELETE /v1/administration/links"],
    action: "export-links.end",
    after: {},
    answer: undefined,
  },
];

describe.each(changes)("$action", ({ name, body, asked, action, after, answer }) => {
  const [first] = asked;
  const given = body === undefined ? {} : { body };
  const countFirst = () => cloud.calls.filter(({ method, path }) => `${method} ${path}` === first).length;

  test("the event comes first, then the cloud is asked, then what it has now is told", async () => {
    expect(await call(name, given)).toEqual(answer);
    expect(listAsked().map(([each]) => each)).toEqual(asked);
    expect(cloud.calls[0]?.body).toEqual(body);
    expect(listEvents()).toEqual([describeEvent(action, after)]);
  });

  test("the same Idempotency-Key: one event, the change asked for once, the same answer", async () => {
    expect(await call(name, { ...given, key: "k" })).toEqual(answer);
    expect(await call(name, { ...given, key: "k" })).toEqual(answer);
    expect([countFirst(), listEvents().length]).toEqual([1, 1]);
  });

  test("what the cloud refused leaves no key behind, and the event says that it was asked for", async () => {
    cloud.answers[first] = () => refuseAs("CONFLICT", "It is over.");
    expect(await call(name, { ...given, key: "k" })).toBe("409 CONFLICT: It is over.");
    delete cloud.answers[first];
    expect(await call(name, { ...given, key: "k" })).toEqual(answer);
    expect([countFirst(), listEvents().length]).toEqual([2, 2]);
  });

  test("409: a project or an account that is disabled; nothing is asked and nothing written", async () => {
    for (const other of [{ state: "disabled" }, { accountState: "disabled" }]) {
      const refused = await call(name, { ...given, project: other });
      expect(refused).toBe("409 CONFLICT: The project or its account is disabled.");
    }
    expect([cloud.calls, listEvents()]).toEqual([[], []]);
  });

  test("an answer that was lost: no second job is made, all else is asked for again", async () => {
    cloud.answers[first] = () => Promise.reject(new TypeError("fetch failed"));
    const lost = "503 TEMPORARILY_UNAVAILABLE: The cloud's Data Export API cannot be reached.";
    expect(await call(name, { ...given, key: "k" })).toBe(lost);
    delete cloud.answers[first];
    const isCreation = action === "export-job.create";
    expect(await call(name, { ...given, key: "k" })).toEqual(isCreation ? refusedRepetition : answer);
    expect([countFirst(), listEvents().length]).toEqual([isCreation ? 1 : 2, 1]);
  });
});

const refusedRepetition =
  "409 CONFLICT: Nobody knows whether the request before with this Idempotency-Key was carried out. Look at the list.";

test("a job that was made, and could not be read back, is told when the same key asks again", async () => {
  cloud.answers["GET /v1/exports/7"] = () => refuseAs("RATE_LIMITED", "Too much at once.");
  expect(await call(`POST ${jobs}`, { body: newJob, key: "k" })).toBe("429 RATE_LIMITED: Too much at once.");
  delete cloud.answers["GET /v1/exports/7"];
  expect(await call(`POST ${jobs}`, { body: newJob, key: "k" })).toEqual(exportJob);
  expect(cloud.calls.filter(({ method }) => method === "POST").length).toBe(1);
});
