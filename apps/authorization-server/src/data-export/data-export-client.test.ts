import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createFakeCloud, refuseAs, succeed } from "../../../../test/fake-cloud.ts";
import type { Account } from "../storage/storage.ts";
import type { ProjectView } from "../storage/views.ts";
import {
  createDataExportClient,
  type DataExportClientParts,
  type Fetch,
  isOutcomeUnknown,
  type Question,
} from "./data-export-client.ts";

const now = 1_800_000_000;
const project = {
  id: 42,
  accountId: 1,
  cloud: "aws-eu-west-1",
  endpoint: "https://api.eu-west-1.example.com",
  epoch: 5,
  state: "enabled",
  accountState: "enabled",
} as ProjectView;
const target = { project, actor: "administrator:a1" };
const unreachable = "The cloud's Data Export API cannot be reached.";

/** Signs nothing: the token is its claims. */
function createParts(fetch: Fetch): DataExportClientParts {
  return {
    storage: { findAccount: async () => ({ epoch: 3 }) as Account },
    signer: async (claims) => JSON.stringify(claims),
    holdIssuing: () => undefined,
    issuer: "https://auth.example.com",
    nowSeconds: () => now,
    nextTokenId: () => "id-1",
    fetch,
  };
}

const createAsk = (fetch: Fetch) => createDataExportClient(createParts(fetch));

const read: Question<string> = { path: "/v1/exports", answer: z.string() };
const change: Question<string> = { ...read, method: "POST", body: { name: "x" } };

async function ask(fetch: Fetch, question = read): Promise<Refusal> {
  const answer = await createAsk(fetch)(target, question);
  if (!isRefusal(answer)) throw new Error("It was not refused.");
  return answer;
}

afterEach(() => vi.restoreAllMocks());

describe("what a cloud is asked", () => {
  test("its own endpoint, with a token of a minute for the one project, and no redirect", async () => {
    const cloud = createFakeCloud({ "GET /v1/exports": () => succeed(200, "all") });
    expect(await createAsk(cloud.fetch)(target, { ...read, path: "/v1/exports?page=1" })).toBe("all");
    const [call] = cloud.calls;
    expect([call?.origin, call?.method, call?.path, call?.body]).toEqual([
      "https://api.eu-west-1.example.com",
      "GET",
      "/v1/exports?page=1",
      undefined,
    ]);
    expect(JSON.parse(call?.token ?? "")).toEqual({
      iss: "https://auth.example.com",
      sub: "administrator:a1",
      client_id: "administrator:a1",
      aud: "https://api.eu-west-1.example.com",
      exp: now + 60,
      iat: now,
      jti: "id-1",
      scope: "data-export",
      project_id: 42,
      account_id: 1,
      secret_id: "-",
      epochs: { account: 3, project: 5, credential: 0 },
    });
    expect(call?.init).toMatchObject({ redirect: "error", signal: expect.any(AbortSignal) });
  });

  test("a body is JSON; the scope of administration is asked for on the administration's routes alone", async () => {
    const cloud = createFakeCloud();
    const ask = createAsk(cloud.fetch);
    const answer = z.unknown();
    await ask(target, { path: "/v1/exports", method: "POST", body: { name: "é" }, answer });
    await ask(target, { path: "/v1/administration/links", method: "DELETE", answer });
    expect(cloud.calls.map(({ token, body }) => [JSON.parse(token).scope, body])).toEqual([
      ["data-export", { name: "é" }],
      ["data-export data-export-administration", undefined],
    ]);
    expect(cloud.calls[0]?.init.headers).toMatchObject({ "content-type": "application/json" });
  });

  test("after ten seconds, or as many as the question says, nobody waits any more", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    const { fetch } = createFakeCloud({ "GET /v1/exports": () => succeed(200, "all") });
    await createAsk(fetch)(target, read);
    await createAsk(fetch)(target, { ...read, limitSeconds: 20 });
    expect(timeout.mock.calls).toEqual([[10_000], [20_000]]);
  });

  test("a token that cannot be signed now is the refusal of the signer, and the cloud is not asked", async () => {
    const cloud = createFakeCloud();
    const busy = refuse("TEMPORARILY_UNAVAILABLE", "The service is busy for the moment.");
    const client = createDataExportClient({ ...createParts(cloud.fetch), signer: async () => busy });
    expect(await client(target, read)).toBe(busy);
    expect(cloud.calls).toEqual([]);
  });

  test("while all tokens of before are void the token waits until it is not, and is issued then", async () => {
    const cloud = createFakeCloud();
    const clock = { seconds: now };
    const holdIssuing = async (): Promise<void> => {
      clock.seconds += 1;
    };
    const client = createDataExportClient({
      ...createParts(cloud.fetch),
      nowSeconds: () => clock.seconds,
      holdIssuing,
    });
    await client(target, { ...read, answer: z.unknown() });
    expect(JSON.parse(cloud.calls[0]?.token ?? "").iat).toBe(now + 1);
  });
});

describe("what a cloud answers", () => {
  test.each([
    ["INVALID_REQUEST", 400],
    ["NOT_FOUND", 404],
    ["CONFLICT", 409],
    ["LIMIT_REACHED", 409],
    ["RATE_LIMITED", 429],
    ["TEMPORARILY_UNAVAILABLE", 503],
  ] as const)("%s is passed on with its text, and Retry-After if there is one", async (code, status) => {
    const refusal = await ask(async () => refuseAs(code, "fields[2] is wrong.", { "retry-after": "7" }));
    expect([refusal.code, refusal.status, refusal.description]).toEqual([code, status, "fields[2] is wrong."]);
    expect([refusal.headers, refusal.reason]).toEqual([{ "retry-after": "7" }, `the cloud answered ${code}`]);
  });

  test("a Retry-After that is no number of seconds, or of more than hours, is left out", async () => {
    for (const after of ["Wed, 21 Oct 2037 07:28:00 GMT", "-1", "1e3", "999999999"]) {
      const headers = { "retry-after": after };
      expect((await ask(async () => refuseAs("RATE_LIMITED", "x", headers))).headers).toEqual({});
    }
  });

  const html = new Response("<html>", { status: 200, headers: { "content-type": "text/html" } });
  const long = JSON.stringify({ success: true, payload: "x".repeat(8 * 1024 * 1024) });
  const asJson = { headers: { "content-type": "application/json" } };
  test.each<readonly [string, () => Response, string]>([
    ["no JSON", () => html.clone(), "answered 200 in an unknown form"],
    ["half of JSON", () => new Response("{", asJson), "answered 200 in an unknown form"],
    ["JSON of another form", () => Response.json({ payload: "all" }), "answered 200 in an unknown form"],
    ["another payload", () => succeed(200, 7), "answered 200 in an unknown form"],
    ["nothing", () => new Response(null, { status: 204 }), "answered 204 in an unknown form"],
    ["more than 8 MiB", () => new Response(long, asJson), "answered more than is read"],
    ["an error without a body", () => new Response(null, { status: 502 }), "answered 502 in an unknown form"],
    ["an error in HTML", () => new Response("<h1>", { status: 404 }), "answered 404 in an unknown form"],
    ["a code of another status", () => refuseAsStatus("NOT_FOUND", 400), "answered 400 NOT_FOUND"],
    ["a token it does not take", () => refuseAs("JWT_INVALID", "x"), "answered 401 JWT_INVALID"],
    ["a scope it does not see", () => refuseAs("INSUFFICIENT_SCOPE", "x"), "answered 403 INSUFFICIENT_SCOPE"],
    ["a failure of its own", () => refuseAs("INTERNAL_ERROR", "x"), "answered 500 INTERNAL_ERROR"],
    ["a text of two lines", () => refuseAs("CONFLICT", "x\ny"), "answered 409 in an unknown form"],
    ["a text that turns itself round", () => refuseAs("CONFLICT", "x\u202ey"), "answered 409 in an unknown form"],
    ["a code that is none", () => refuseAsText("Ouch, secret"), "answered 400 in an unknown form"],
  ])("503: %s, and only the log says so", async (_name, answer, reason) => {
    const refusal = await ask(async () => answer());
    expect([refusal.code, refusal.description]).toEqual(["TEMPORARILY_UNAVAILABLE", unreachable]);
    expect(refusal.reason).toBe(`cloud aws-eu-west-1: ${reason}`);
    expect([refusal.headers, refusal.members]).toEqual([{ "retry-after": "5" }, {}]);
  });

  test.each([
    ["a connection that is refused", connectError("ECONNREFUSED"), "ECONNREFUSED"],
    ["a cut connection", connectError("ECONNRESET"), "ECONNRESET"],
    ["a time-out", new DOMException("too long", "TimeoutError"), "TimeoutError"],
    ["a redirect", new TypeError("unexpected redirect to https://evil.example"), "TypeError"],
    ["whatever is no error", "ouch", "unknown cause"],
  ])("503: %s; neither URL nor token is in the reason", async (_name, error, code) => {
    const refusal = await ask(() => Promise.reject(error));
    expect([refusal.code, refusal.reason]).toEqual(["TEMPORARILY_UNAVAILABLE", `cloud aws-eu-west-1: ${code}`]);
  });

  test("a body that breaks off is 503", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
    const refusal = await ask(async () => new Response(body, asJson));
    expect(refusal.reason).toBe("cloud aws-eu-west-1: TypeError");
  });
});

describe("whether a change may have been made all the same", () => {
  test.each<readonly [string, Fetch, boolean]>([
    ["refused by the API", async () => refuseAs("CONFLICT", "x"), false],
    ["a token that is not taken", async () => refuseAs("JWT_INVALID", "x"), false],
    ["a cloud without keys", async () => refuseAs("KEYS_UNAVAILABLE", "x"), false],
    ["nobody listens", () => Promise.reject(connectError("ECONNREFUSED")), false],
    ["no such host", () => Promise.reject(connectError("ENOTFOUND")), false],
    ["a cut connection", () => Promise.reject(connectError("ECONNRESET")), true],
    ["a time-out", () => Promise.reject(new DOMException("x", "TimeoutError")), true],
    ["a store that is away", async () => refuseAs("TEMPORARILY_UNAVAILABLE", "x"), true],
    ["a failure of the API", async () => refuseAs("INTERNAL_ERROR", "x"), true],
    ["a success of another form", async () => succeed(201, {}), true],
    ["a proxy's error", async () => new Response("<h1>", { status: 504 }), true],
  ])("%s", async (_name, fetch, isUnknown) => {
    const refusal = await ask(fetch, change);
    expect([isOutcomeUnknown(refusal), refusal.members]).toEqual([isUnknown, isUnknown ? { outcome: "unknown" } : {}]);
    expect(isOutcomeUnknown(await ask(fetch))).toBe(false);
  });
});

function connectError(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code }) });
}

function refuseAsStatus(errorCode: string, status: number): Response {
  return Response.json({ success: false, errorCode, errorMessage: "x" }, { status });
}

function refuseAsText(errorCode: string): Response {
  return refuseAsStatus(errorCode, 400);
}
