/** A cloud's Data Export API as a function: it holds one job with one run, and remembers what it was asked. */

import { type ErrorCode, formatRefusal, refuse } from "@biped/protocol";

export type CloudCall = {
  readonly method: string;
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly body: unknown;
  readonly init: RequestInit;
  readonly token: string;
};

type Answer = () => Response | Promise<Response>;

export const exportJob = {
  jobId: 7,
  name: "Nightly",
  format: "CSV",
  scope: "sessions",
  frequency: { value: "daily" },
  state: "ACTIVE",
  deviceLabel: "all",
  segmentId: null,
  fields: [{ fieldName: "session_id" }],
  createdAt: "2027-01-15T08:00:00.000Z",
} as const;

export const exportRun = {
  jobRunId: 3,
  jobId: 7,
  state: "SUCCESS",
  startDate: "2027-01-15T01:00:00.000Z",
  endDate: "2027-01-15T01:00:02.000Z",
  dateRange: { from: "2027-01-14T00:00:00.000Z", to: "2027-01-15T00:00:00.000Z" },
  completionRate: 100,
  attempts: 1,
  rowCount: 5,
  byteCount: 321,
  fileCount: 1,
  failureReason: null,
} as const;

export const exportFile = {
  partId: 1,
  url: "https://api.eu-west-1.example.com/v1/files/0123456789abcdef0123456789abcdef?v=1",
  expirationDate: "2027-01-15T08:15:00.000Z",
  fileExpirationDate: "2027-01-22T01:00:02.000Z",
  byteCount: 321,
} as const;

const preview = { columns: ["session_id"], rows: [["a"]], dateRange: exportRun.dateRange };

const usual: Readonly<Record<string, Answer>> = {
  "GET /v1/exports": () => succeed(200, [exportJob]),
  "POST /v1/exports": () => succeed(201, { jobId: 7 }),
  "GET /v1/exports/7": () => succeed(200, exportJob),
  "GET /v1/exports/7/runs": () => succeed(200, [exportRun]),
  "GET /v1/exports/7/runs/3": () => succeed(200, { ...exportRun, files: [exportFile] }),
  "GET /v1/exportable-fields": () => succeed(200, [{ name: "session_id", type: "String", description: "Its id" }]),
  "GET /v1/custom-vars": () => succeed(200, [{ position: 1, name: "plan" }]),
  "GET /v1/dynamic-var-keys": () => succeed(200, ["colour"]),
  "PUT /v1/administration/exports/7/state": () => succeed(200, exportJob),
  "DELETE /v1/administration/exports/7": () => new Response(null, { status: 204 }),
  "POST /v1/administration/preview": () => succeed(200, preview),
  "GET /v1/administration/settings": () => succeed(200, { timeZone: "Europe/Paris" }),
  "PUT /v1/administration/settings": () => succeed(200, { timeZone: "Europe/Paris" }),
  "DELETE /v1/administration/links": () => new Response(null, { status: 204 }),
};

export function succeed(status: number, payload: unknown): Response {
  return Response.json({ success: true, payload }, { status });
}

export function refuseAs(code: ErrorCode, text: string, headers: Record<string, string> = {}): Response {
  const refusal = refuse(code, text);
  return Response.json(formatRefusal(refusal, "11111111-1111-4111-8111-111111111111"), {
    status: refusal.status,
    headers,
  });
}

/** @param answers By method and path, in place of the usual ones; they may be changed while it is used. */
export function createFakeCloud(answers: Record<string, Answer> = {}) {
  const calls: CloudCall[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { origin, pathname, search } = new URL(url);
    const method = init.method ?? "GET";
    const token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    calls.push({ method, origin, path: `${pathname}${search}`, body, init, token });
    const name = `${method} ${pathname}`;
    const answer = answers[name] ?? usual[name];
    return answer === undefined ? refuseAs("NOT_FOUND", "There is no such job.") : answer();
  };
  return { fetch, calls, answers };
}

export type FakeCloud = ReturnType<typeof createFakeCloud>;
