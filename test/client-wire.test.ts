/** The client has wire types of its own, so that it depends on nothing. Here they meet those of the services. */

import {
  type CredentialsInformation,
  createClient,
  type DeviceLabel,
  type ExportFile,
  type ExportScope,
  type Job,
  type JobField,
  type JobFormat,
  type JobState,
  type NewJob,
  type Run,
  type SecretInformation,
  type TokenResponse,
} from "@biped/client";
import type { Job as StoredJob } from "@biped/data-export-api";
import { type ErrorCode, formatRefusal, type TokenResponse as ProtocolTokenResponse, refuse } from "@biped/protocol";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { type ClientService, catchError, oneDay, services } from "./client-services.ts";
import { post, tokenRequest } from "./started-server.ts";

/** Every member's name; a member that is added to the type, or taken away, is missed by the compiler here. */
const tokenMembers = {
  access_token: true,
  token_type: true,
  expires_in: true,
  scope: true,
  project_id: true,
  endpoint: true,
  secret_expires_at: false,
} as const satisfies Record<keyof TokenResponse, boolean>;
const informationMembers = {
  client_id: "c-1",
  name: "Nightly export",
  level: "account",
  scopes: "data-export",
  permissions: { projects: [{ id: 42, name: "UX ANALYTICS", endpoint: "https://api.eu-west-1.example.com" }] },
  secrets: [],
} as const satisfies Required<CredentialsInformation>;
const secretMembers = {
  id: "s-1",
  created_at: "2026-01-01T00:00:00Z",
  expires_at: null,
  last_used_at: null,
  current: true,
} as const satisfies Required<SecretInformation>;
const jobMembers = {
  jobId: 1,
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  state: "ACTIVE",
  deviceLabel: "all",
  segmentId: null,
  fields: [],
  formulaGuard: true,
  createdAt: "2026-01-01T00:00:00Z",
} as const satisfies Required<Job>;
const fileMembers = {
  partId: 1,
  url: "https://files.example.com/1",
  expirationDate: "2026-01-01T00:15:00Z",
  fileExpirationDate: "2026-01-08T00:00:00Z",
  byteCount: 1,
} as const satisfies Required<ExportFile>;
const runMembers = {
  jobRunId: 1,
  jobId: 1,
  state: "SUCCESS",
  startDate: "2026-01-01T00:00:00Z",
  endDate: null,
  dateRange: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" },
  completionRate: 100,
  attempts: 1,
  rowCount: null,
  byteCount: null,
  fileCount: null,
  failureReason: null,
  files: [fileMembers],
} as const satisfies Required<Run>;

const guardedJob: NewJob = { ...oneDay("2026-01-01", "2026-01-02"), format: "CSV" };
const isoDay = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
const sortedKeys = (value: object): readonly string[] => Object.keys(value).sort();

describe("types", () => {
  test("what the protocol makes, the client's type takes, with the same members", () => {
    expectTypeOf<ProtocolTokenResponse>().toExtend<TokenResponse>();
    expectTypeOf<keyof TokenResponse>().toEqualTypeOf<keyof ProtocolTokenResponse>();
    // A service may write the type as it likes (RFC 6749 §7.1: case-insensitive), so that the client's is wider.
    expectTypeOf<TokenResponse>().not.toExtend<ProtocolTokenResponse>();
    expectTypeOf<Omit<ProtocolTokenResponse, "token_type">>().toExtend<Omit<TokenResponse, "token_type">>();
  });

  test("a job's words are the same on both sides", () => {
    expectTypeOf<JobState>().toEqualTypeOf<StoredJob["state"]>();
    expectTypeOf<JobFormat>().toEqualTypeOf<StoredJob["format"]>();
    expectTypeOf<ExportScope>().toEqualTypeOf<StoredJob["scope"]>();
    expectTypeOf<DeviceLabel>().toEqualTypeOf<StoredJob["deviceLabel"]>();
    expectTypeOf<JobField>().toEqualTypeOf<StoredJob["fields"][number]>();
    // Dates travel as text, and are kept as numbers; what is always stored may be left out by another service.
    expectTypeOf<keyof Job>().toEqualTypeOf<keyof StoredJob>();
  });
});

describe.each(services)("with $name", ({ name, start }) => {
  const isSandbox = name === "the sandbox";
  let service: ClientService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.stop());

  test("a token's answer has the members of the type, and no others", async () => {
    const answer = await post(`${service.authUrl}/v1/oauth/token`, tokenRequest(service.account, { project_id: 42 }));
    const always = Object.entries(tokenMembers).filter(([, isAlways]) => isAlways);
    expect(sortedKeys(answer.body)).toEqual(always.map(([member]) => member).sort());
    const types = Object.entries(answer.body).map(([member, value]) => [member, typeof value]);
    expect(Object.fromEntries(types)).toEqual({
      access_token: "string",
      token_type: "string",
      expires_in: "number",
      scope: "string",
      project_id: "number",
      endpoint: "string",
    });
  });

  test("an information answer has the members of the type, or those two that every service knows", async () => {
    const { clientId, clientSecret } = service.account;
    const body = { client_id: clientId, client_secret: clientSecret };
    const answer = (await post(`${service.authUrl}/v1/oauth/me`, body)).body;
    const [project] = answer.permissions.projects;
    if (isSandbox) {
      expect(sortedKeys(answer)).toEqual(sortedKeys(informationMembers));
      expect(sortedKeys(project)).toEqual(sortedKeys(informationMembers.permissions.projects[0]));
      expect(sortedKeys(answer.secrets[0])).toEqual(sortedKeys(secretMembers));
    } else {
      expect(sortedKeys(answer)).toEqual(["permissions", "scopes"]);
      expect(sortedKeys(project)).toEqual(["id", "name"]);
    }
    expect([typeof answer.scopes, typeof project.id, typeof project.name]).toEqual(["string", "number", "string"]);
  });

  test("a job has the members of the type, or some of them", async () => {
    const client = createClient({ authUrl: service.authUrl, ...service.account, scope: "data-export", projectId: 42 });
    const { value: job } = await client.exports.list().next();
    const members = sortedKeys(job ?? {});
    // It is told where it is on.
    const { formulaGuard: _, ...always } = jobMembers;
    if (isSandbox) expect(members).toEqual(sortedKeys(always));
    else expect(sortedKeys(jobMembers)).toEqual(expect.arrayContaining([...members]));
    if (!isSandbox) return;
    const { jobId } = await client.exports.create({ ...guardedJob, formulaGuard: true });
    expect(sortedKeys(await client.exports.get(jobId))).toEqual(sortedKeys(jobMembers));
  });

  test("a run and its files have the members of the types, or some of them", async () => {
    const client = createClient({ authUrl: service.authUrl, ...service.account, scope: "data-export", projectId: 42 });
    const { exports } = client;
    const { jobId } = await exports.create(oneDay(isoDay(2), isoDay(1)));
    const patience = { intervalMilliseconds: 100, timeoutMilliseconds: 110_000 };
    const { files: [file] = [], ...run } = await exports.waitForRun(jobId, patience);
    const { value: listed } = await exports.runs(jobId).next();
    const { files: _, ...withoutFiles } = runMembers;
    if (isSandbox) {
      expect([sortedKeys(run), sortedKeys(file ?? {})]).toEqual([sortedKeys(withoutFiles), sortedKeys(fileMembers)]);
      expect(listed).toEqual(run);
    }
    expect(sortedKeys(runMembers)).toEqual(expect.arrayContaining([...sortedKeys(run), ...sortedKeys(listed ?? {})]));
    expect(sortedKeys(fileMembers)).toEqual(expect.arrayContaining([...sortedKeys(file ?? {})]));
  }, 120_000);
});

describe("refusals", () => {
  /** The three kinds, by what the protocol can answer; the compiler misses a code that is not here. */
  const kindOf = {
    INVALID_REQUEST: "refused",
    PROJECT_ID_REQUIRED: "refused",
    PROJECT_NOT_ALLOWED: "refused",
    INVALID_SCOPE: "refused",
    SCOPE_NOT_GRANTED: "refused",
    SCOPE_EXCLUSIVE: "refused",
    UNSUPPORTED_GRANT_TYPE: "refused",
    INVALID_CLIENT: "refused",
    UNAUTHENTICATED: "refused",
    FORBIDDEN: "refused",
    CONFLICT: "refused",
    LIMIT_REACHED: "refused",
    PRECONDITION_FAILED: "refused",
    IDEMPOTENCY_MISMATCH: "refused",
    NOT_FOUND: "refused",
    METHOD_NOT_ALLOWED: "refused",
    REQUEST_TOO_LARGE: "refused",
    UNSUPPORTED_MEDIA_TYPE: "refused",
    RATE_LIMITED: "unreachable",
    INTERNAL_ERROR: "unreachable",
    TEMPORARILY_UNAVAILABLE: "unreachable",
    JWT_MISSING: "refused",
    JWT_EXPIRED: "refused",
    JWT_INVALID: "refused",
    JWT_REVOKED: "refused",
    INSUFFICIENT_SCOPE: "refused",
    WRONG_CLOUD: "refused",
    KEYS_UNAVAILABLE: "unreachable",
  } as const satisfies Record<ErrorCode, "refused" | "unreachable">;

  const answerWith = (code: ErrorCode, members: readonly string[]) => {
    const refusal = refuse(code, "The rule that was broken.");
    const all = Object.entries(formatRefusal(refusal, "req-0123456789"));
    const body = Object.fromEntries(all.filter(([member]) => members.includes(member)));
    const fetch = async (): Promise<Response> => Response.json(body, { status: refusal.status });
    const own = { authUrl: "https://auth.example.com", clientId: "c-1", clientSecret: "secret of a test" };
    return createClient({ ...own, scope: "metrics", fetch, maxAttempts: 1 });
  };

  const codes = Object.entries(kindOf) as [ErrorCode, (typeof kindOf)[ErrorCode]][];

  test.each(codes)("%s is %s, with the service's text and request id", async (code, kind) => {
    const members = ["error", "error_description", "success", "errorMessage", "errorCode", "requestId"];
    const error = await catchError(answerWith(code, members).token());
    expect({ ...error }).toMatchObject({
      kind,
      code,
      status: refuse(code, "").status,
      requestId: "req-0123456789",
      serverText: "The rule that was broken.",
    });
  });

  test("the members of either family are enough", async () => {
    const oauth = await catchError(answerWith("INVALID_CLIENT", ["error", "error_description"]).token());
    expect([oauth.code, oauth.serverText]).toEqual(["INVALID_CLIENT", "The rule that was broken."]);
    const api = await catchError(answerWith("INVALID_SCOPE", ["success", "errorMessage", "errorCode"]).token());
    expect([api.code, api.serverText]).toEqual(["INVALID_SCOPE", "The rule that was broken."]);
  });
});
