/** The client and the stand-in of the public service: what Biped never answers, and what goes wrong on the way. */

import { setImmediate } from "node:timers/promises";
import type { NewJob } from "@biped/client";
import { describe, expect, test } from "vitest";
import { catchError, useStandIn } from "./client-services.ts";
import { faults } from "./public-service.ts";

const newJob: NewJob = {
  name: "Made by a test",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
};

const { standIn, startSeconds, create } = useStandIn();

const facts = ({ kind, code, status }: { kind: string; code: string; status: number | undefined }) => [
  kind,
  code,
  status,
];

describe("answers to the token request", () => {
  test.each([
    ["array", "refused", "HTTP_400"],
    ["text", "not_oauth", "UNEXPECTED_ANSWER"],
    ["web page", "not_oauth", "UNEXPECTED_ANSWER"],
    ["empty", "not_oauth", "UNEXPECTED_ANSWER"],
  ] as const)("an error that is of no known shape (%s) is %s, %s", async (shape, kind, code) => {
    standIn().control.settings.errorShape = shape;
    const error = await catchError(create({ scope: "surveys" }).client.token());
    expect(facts(error)).toEqual([kind, code, 400]);
    expect([error.serverText, error.requestId, standIn().counts.tokenRequests]).toEqual([undefined, undefined, 1]);
  });

  test("a web page in place of a token is not of this protocol", async () => {
    standIn().control.failNext("token", faults.webPage());
    const error = await catchError(create().client.token());
    expect(facts(error)).toEqual(["not_oauth", "UNEXPECTED_ANSWER", 200]);
    expect(error.message).toContain("web page");
  });

  test("a redirect is not followed: the credential stays here", async () => {
    for (const path of ["/v1/oauth/token", "/v1/oauth/me"]) {
      standIn().control.failNext("token", faults.redirectTo(`${standIn().strangerUrl}${path}`));
      standIn().control.failNext("information", faults.redirectTo(`${standIn().strangerUrl}${path}`));
    }
    const { client } = create();
    const errors = [await catchError(client.token()), await catchError(client.information())];
    expect(errors.map(facts)).toEqual([
      ["not_oauth", "REDIRECTED", 307],
      ["not_oauth", "REDIRECTED", 307],
    ]);
    expect(standIn().counts.strangerRequests).toBe(0);
  });

  test("an endpoint outside the allowed hosts is refused, and never called", async () => {
    standIn().control.settings.endpoint = standIn().strangerUrl;
    const { client } = create({ allowedHosts: ["127.0.0.1"] });
    const errors = [await catchError(client.token()), await catchError(client.fetch("/v1/exports"))];
    expect(errors.map(facts)).toEqual([
      ["not_oauth", "ENDPOINT_NOT_ALLOWED", 200],
      ["not_oauth", "ENDPOINT_NOT_ALLOWED", 200],
    ]);
    expect(standIn().counts.strangerRequests).toBe(0);
    expect((await create({ allowedHosts: ["127.0.0.1", "localhost"] }).client.token()).endpoint).toBe(
      standIn().strangerUrl,
    );
  });

  test("an endpoint with a slash at its end is the same place", async () => {
    standIn().control.settings.endpointSuffix = "/";
    const { client } = create();
    expect((await client.token()).endpoint).toBe(standIn().endpoints[0]);
    expect((await client.fetch("/v1/exports")).status).toBe(200);
  });

  test("an endpoint with a path is not of this protocol", async () => {
    standIn().control.settings.endpointSuffix = "/somewhere";
    expect(facts(await catchError(create().client.token()))).toEqual(["not_oauth", "ENDPOINT_NOT_ALLOWED", 200]);
  });

  test("429: the client waits as long as Retry-After says, and tries again", async () => {
    standIn().control.failNext("token", faults.rateLimit(7), 2);
    const { client, waits } = create();
    expect((await client.token()).projectId).toBe(42);
    expect([waits, standIn().counts.tokenRequests]).toEqual([[7125, 7250], 3]);
  });

  test("429 with a Retry-After of an hour is told at once, with its seconds", async () => {
    standIn().control.failNext("token", faults.rateLimit(3600));
    const { client, waits } = create();
    const error = await catchError(client.token());
    expect([...facts(error), error.retryAfterSeconds]).toEqual(["unreachable", "HTTP_429", 429, 3600]);
    expect([waits, standIn().counts.tokenRequests]).toEqual([[], 1]);
  });

  test("the token request is repeated after 502, 503, 504, a reset and an answer cut short", async () => {
    const each = [faults.gateway(502), faults.gateway(503), faults.gateway(504)] as const;
    for (const fault of [...each, { kind: "reset" } as const, { kind: "cut", afterBytes: 20 } as const]) {
      standIn().control.failNext("token", fault);
      expect((await create().client.token()).projectId).toBe(42);
    }
    expect(standIn().counts.tokenRequests).toBe(10);
  });

  test("a failure is not kept: the next call asks again", async () => {
    standIn().control.failNext("token", faults.gateway(503), 4);
    const { client } = create();
    const failed = await Promise.allSettled(Array.from({ length: 100 }, () => client.token()));
    expect(new Set(failed.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(standIn().counts.tokenRequests).toBe(4);
    expect((await client.token()).projectId).toBe(42);
  });

  test("no answer in time: TIMEOUT, after each of the attempts", async () => {
    standIn().control.failNext("token", { kind: "hang" }, 2);
    const error = await catchError(create({ timeoutMilliseconds: 50, maxAttempts: 2 }).client.token());
    expect(facts(error)).toEqual(["unreachable", "TIMEOUT", undefined]);
    expect(standIn().counts.tokenRequests).toBe(2);
  });

  test("while the token request is held, 1,000 calls wait for one", async () => {
    const release = standIn().control.hold("token");
    const { client } = create();
    const all = Promise.all(Array.from({ length: 1000 }, () => client.token()));
    while (standIn().counts.tokenRequestsInFlight === 0) await setImmediate();
    expect(standIn().counts.tokenRequestsInFlight).toBe(1);
    release();
    expect(new Set((await all).map(({ accessToken }) => accessToken)).size).toBe(1);
    expect([standIn().counts.tokenRequests, standIn().counts.mostTokenRequestsInFlight]).toEqual([1, 1]);
  });

  test("tokens that live for 10 seconds are kept for most of that, and renewed while they still serve", async () => {
    standIn().control.settings.lifetimeSeconds = 10;
    const clock = { milliseconds: startSeconds * 1000 };
    const { client } = create({ now: () => clock.milliseconds });
    const advance = (seconds: number): void => {
      clock.milliseconds += seconds * 1000;
      standIn().control.advanceSeconds(seconds);
    };
    const first = await client.token();
    advance(7);
    expect(await client.token()).toBe(first);
    advance(2);
    expect(await client.token()).toBe(first);
    while ((await client.token()) === first) await setImmediate();
    expect(standIn().counts.tokenRequests).toBe(2);
    advance(11);
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    expect([standIn().counts.tokenRequests, standIn().counts.byPath["GET /v1/exports"]]).toEqual([3, 1]);
  });

  test("a service whose clock is 100 seconds ahead is noticed, and its tokens are used all the same", async () => {
    const skews: number[] = [];
    standIn().control.advanceSeconds(100);
    const on = { clockSkewSeen: (event: { readonly skewSeconds: number }) => void skews.push(event.skewSeconds) };
    const { client } = create({ now: () => startSeconds * 1000, on });
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    expect(skews).toEqual([100]);
  });

  test("no request asks for a compressed answer", async () => {
    const { client } = create();
    await client.information();
    await client.fetch("/v1/exports");
    expect([...standIn().counts.encodings]).toEqual(["identity"]);
  });
});

describe("calls to the API", () => {
  test("421: the token of the old cloud is dropped, and the call repeated at the new one", async () => {
    const { client, seen } = create();
    await client.token();
    standIn().control.moveProject(42);
    const answer = await client.fetch("/v1/exports");
    expect([answer.status, new URL(answer.url).origin]).toEqual([200, standIn().endpoints[1]]);
    expect(seen.calls.map(({ call, status }) => `${call} ${status}`)).toEqual([
      "POST /v1/oauth/token 200",
      "GET /v1/exports 421",
      "POST /v1/oauth/token 200",
      "GET /v1/exports 200",
    ]);
  });

  test("421 for ever: repeated once, then handed over; an address in the body is never called", async () => {
    const misdirected = { success: false, errorCode: "WRONG_CLOUD", endpoint: standIn().strangerUrl };
    // Node's fetch repeats a 421 by itself on a connection of its own, so that the service sees each call twice.
    standIn().control.failNext("api", { kind: "answer", status: 421, body: JSON.stringify(misdirected) }, 4);
    const { client, seen } = create();
    expect((await client.fetch("/v1/exports")).status).toBe(421);
    expect([seen.count("POST /v1/oauth/token"), seen.count("GET /v1/exports")]).toEqual([2, 2]);
    expect(standIn().counts.strangerRequests).toBe(0);
  });

  test("expired for ever: repeated once, then handed over", async () => {
    const { client } = create();
    standIn().control.failNext("api", expired, 2);
    const answer = await client.fetch("/v1/exports");
    expect([answer.status, (await answer.json()).errorCode]).toEqual([401, "JWT_EXPIRED"]);
    expect([standIn().counts.tokenRequests, standIn().counts.byPath["GET /v1/exports"]]).toEqual([2, 2]);
  });

  test("401 for another reason is handed over, and the token is kept", async () => {
    standIn().control.failNext("api", {
      kind: "answer",
      status: 401,
      body: JSON.stringify({ success: false, errorMessage: "No.", errorCode: "UNAUTHORIZED" }),
    });
    const { client } = create();
    expect((await client.fetch("/v1/exports")).status).toBe(401);
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    expect(standIn().counts.tokenRequests).toBe(1);
  });

  test("GET is repeated after 502, 503, 504 and a reset; POST after none of them", async () => {
    for (const fault of [
      faults.gateway(502),
      faults.gateway(503),
      faults.gateway(504),
      { kind: "reset" } as const,
    ] as const) {
      const { client } = create();
      standIn().control.failNext("api", fault);
      expect((await client.fetch("/v1/exports")).status).toBe(200);
      standIn().control.failNext("api", fault);
      const error = await catchError(client.exports.create(newJob));
      expect(facts(error)).toEqual(
        fault.kind === "answer"
          ? ["unreachable", `HTTP_${fault.status}`, fault.status]
          : ["unreachable", "CONNECTION_FAILED", undefined],
      );
    }
    const { byPath } = standIn().counts;
    expect([byPath["GET /v1/exports"], byPath["POST /v1/exports"]]).toEqual([8, 4]);
  });

  test("429: even a POST is repeated, after the time that Retry-After says", async () => {
    standIn().control.failNext("api", faults.rateLimit(3));
    const { client, waits } = create();
    expect(await client.exports.create(newJob)).toEqual({ jobId: expect.any(Number) });
    expect([waits, standIn().counts.byPath["POST /v1/exports"]]).toEqual([[3125], 2]);
  });

  test("a caller who gives up while the API hangs gets its own reason at once", async () => {
    standIn().control.failNext("api", { kind: "hang" });
    const { client } = create();
    await client.token();
    const caller = new AbortController();
    const reason = new Error("I gave up.");
    const call = client.fetch("/v1/exports", { signal: caller.signal });
    while (standIn().counts.byPath["GET /v1/exports"] === undefined) await setImmediate();
    caller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(standIn().counts.byPath["GET /v1/exports"]).toBe(1);
  });

  test("a call has its own time limit", async () => {
    standIn().control.failNext("api", { kind: "hang" });
    const { client } = create({ maxAttempts: 1 });
    const error = await catchError(client.fetch("/v1/exports", { timeoutMilliseconds: 50 }));
    expect(facts(error)).toEqual(["unreachable", "TIMEOUT", undefined]);
  });

  test("a web page in place of JSON is not of this protocol; a plain call hands it over", async () => {
    standIn().control.failNext("api", faults.webPage(), 2);
    standIn().control.failNext("information", faults.webPage());
    const { client } = create();
    const errors = [await catchError(client.exports.get(1119)), await catchError(client.information())];
    expect(errors.map(facts)).toEqual([
      ["not_oauth", "UNEXPECTED_ANSWER", 200],
      ["not_oauth", "UNEXPECTED_ANSWER", 200],
    ]);
    expect(await (await client.fetch("/v1/exports")).text()).toContain("<h1>Sign in</h1>");
  });

  test("a redirect of the API takes no token along", async () => {
    standIn().control.failNext("api", faults.redirectTo(`${standIn().strangerUrl}/v1/exports`), 2);
    const { client } = create();
    expect((await client.fetch("/v1/exports")).status).toBe(307);
    expect(facts(await catchError(client.exports.get(1119)))).toEqual(["not_oauth", "REDIRECTED", 307]);
    expect(standIn().counts.strangerRequests).toBe(0);
  });

  test("no path leads elsewhere, and one without a slash is the caller's mistake", async () => {
    const { client, seen } = create();
    const { host } = new URL(standIn().strangerUrl);
    for (const path of [
      "v1",
      "",
      `https://${host}/`,
      `@${host}/`,
      `.${host}/`,
      `:80@${host}/`,
      `\t//${host}`,
      "?a",
      "#a",
    ]) {
      await expect(client.fetch(path)).rejects.toThrow(TypeError);
    }
    for (const path of [`//${host}/v1`, `/\\${host}`, `/\t/${host}/v1`, `/..//${host}`, `/@${host}`]) {
      await client.fetch(path).catch(() => undefined);
    }
    const origins = new Set(seen.calls.map(({ url }) => new URL(url).origin));
    expect([...origins].sort()).toEqual([standIn().authUrl, standIn().endpoints[0]].sort());
    expect(standIn().counts.strangerRequests).toBe(0);
    await expect(client.fetch("/v1", { headers: { authorization: "Bearer own" } })).rejects.toThrow(TypeError);
  });
});

const expired = {
  kind: "answer",
  status: 401,
  body: JSON.stringify({ success: false, errorMessage: "Auth token is expired.", errorCode: "JWT_EXPIRED" }),
} as const;
