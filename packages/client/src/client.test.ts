import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { createClient } from "./client.ts";
import { ClientError } from "./client-error.ts";
import type { ClientOptions } from "./client-options.ts";

const secret = "hidden;hidden+hidden";
const now = Date.parse("2026-11-24T12:00:00Z");
const tokenUrl = "https://auth.example.com/v1/oauth/token";
const endpoint = "https://api.cloud.example.com";

type Sent = { readonly url: string; readonly init: RequestInit; readonly headers: Headers };
type Reply = (sent: Sent) => Response | Promise<Response>;

const cut = (code: string) => () => {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error(`connect ${code}`), { code }) });
};
const tokenAnswer = (change: Record<string, unknown> = {}) => ({
  access_token: "token-1",
  token_type: "bearer",
  expires_in: 3600,
  scope: "data-export",
  project_id: 42,
  endpoint,
  ...change,
});
const issue =
  (accessToken: string, change: Record<string, unknown> = {}) =>
  () =>
    Response.json(tokenAnswer({ access_token: accessToken, ...change }));
const refuse =
  (status: number, errorCode: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ success: false, errorMessage: "No.", errorCode }, { status, headers });
const ok = () => new Response("ok");

/** The replies are used up one after the other; what is asked beyond them fails the test. */
function createWorld(replies: readonly Reply[], change: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const waits: number[] = [];
  const events: [string, unknown][] = [];
  const left = [...replies];
  const note = (name: string) => (event: unknown) => {
    events.push([name, event]);
  };
  const client = createClient({
    authUrl: "https://auth.example.com",
    clientId: "c3133d76",
    clientSecret: secret,
    scope: "data-export",
    fetch: async (input, init = {}) => {
      const each = { url: String(input), init, headers: new Headers(init.headers) };
      sent.push(each);
      init.signal?.throwIfAborted();
      const reply = left.shift();
      if (reply === undefined) throw new RangeError(`Nobody expected a request to ${each.url}.`);
      return reply(each);
    },
    now: () => now,
    random: () => 0.5,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
    },
    on: {
      tokenRenewed: note("tokenRenewed"),
      retried: note("retried"),
      clockSkewSeen: note("clockSkewSeen"),
      secretExpiring: note("secretExpiring"),
    },
    ...change,
  });
  const paths = () =>
    sent.map(({ url, init, headers }) => `${init.method ?? "GET"} ${url} ${headers.get("authorization")}`);
  return { client, sent, waits, events, left, paths };
}

const catchError = async (promise: Promise<unknown>): Promise<ClientError> => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ClientError)) throw new Error("no ClientError was thrown", { cause: error });
  const shown = [error.message, error.stack, inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)];
  for (const text of shown) expect(text).not.toMatch(/hidden;|hidden%3B|token-\d/);
  return error;
};

describe("the token request", () => {
  test("is the documented one: JSON, the credential in the body, no redirect, nothing compressed", async () => {
    const { client, sent } = createWorld([issue("token-1")], { scope: "data-export metrics", projectId: 42 });
    expect(await client.token()).toEqual({
      accessToken: "token-1",
      endpoint,
      projectId: 42,
      scope: "data-export",
      issuedAt: now,
      expiresAt: now + 3_600_000,
    });
    const [{ url, init, headers }] = sent as [Sent];
    expect([url, init.method, init.redirect]).toEqual([tokenUrl, "POST", "manual"]);
    expect(JSON.parse(String(init.body))).toEqual({
      client_id: "c3133d76",
      client_secret: secret,
      grant_type: "client_credentials",
      scope: "data-export metrics",
      project_id: 42,
    });
    expect(Object.fromEntries(headers)).toEqual({
      "accept-encoding": "identity",
      "content-type": "application/json",
    });
  });

  test("names no project when none was named", async () => {
    const { client, sent } = createWorld([issue("token-1")]);
    await client.token();
    expect(Object.keys(JSON.parse(String(sent[0]?.init.body)))).not.toContain("project_id");
  });

  test("asks a function for the secret each time, so that a rotated one is taken up", async () => {
    const secrets = ["first-secret", "second-secret"];
    const { client, sent } = createWorld([refuse(401, "INVALID_CLIENT"), issue("token-1")], {
      clientSecret: async () => secrets.shift() ?? "",
    });
    await catchError(client.token());
    await client.token();
    expect(sent.map(({ init }) => JSON.parse(String(init.body)).client_secret)).toEqual([
      "first-secret",
      "second-secret",
    ]);
  });

  test.each<[string, string, Record<string, unknown>]>([
    ["access_token", "UNEXPECTED_ANSWER", { access_token: undefined }],
    ["access_token", "UNEXPECTED_ANSWER", { access_token: "a b" }],
    ["access_token", "UNEXPECTED_ANSWER", { access_token: "a\nb" }],
    ["token_type", "UNEXPECTED_ANSWER", { token_type: "mac" }],
    ["expires_in", "UNEXPECTED_ANSWER", { expires_in: "3600" }],
    ["expires_in", "UNEXPECTED_ANSWER", { expires_in: 0 }],
    ["expires_in", "UNEXPECTED_ANSWER", { expires_in: 1e13 }],
    ["scope", "UNEXPECTED_ANSWER", { scope: null }],
    ["project_id", "UNEXPECTED_ANSWER", { project_id: "42" }],
    ["another project", "WRONG_PROJECT", { project_id: 43 }],
    ["endpoint", "UNEXPECTED_ANSWER", { endpoint: undefined }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https://api.evil.org" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "http://api.example.com" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https://api.example.com/v1" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https://api.example.com?a" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https://evil.org\\@api.example.com" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https://user@api.example.com" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "https:api.example.com" }],
    ["endpoint", "ENDPOINT_NOT_ALLOWED", { endpoint: "" }],
  ])("an answer with a wrong %s (%s) is not taken: %j", async (member, code, change) => {
    const { client, left } = createWorld([issue("token-1", change), issue("token-2")], { projectId: 42 });
    const error = await catchError(client.token());
    expect([error.kind, error.code, error.status]).toEqual(["not_oauth", code, 200]);
    expect(error.message).toContain(member);
    expect((await client.token()).accessToken).toBe("token-2");
    expect(left.length).toBe(0);
  });

  test("takes a token type in any case and an endpoint with a trailing slash", async () => {
    const { client } = createWorld([issue("token-1", { token_type: "Bearer", endpoint: `${endpoint}/` })]);
    expect((await client.token()).endpoint).toBe(endpoint);
  });
});

describe("errors", () => {
  const oauth = { error: "invalid_client", error_description: "Client authentication failed.", requestId: "r-1" };
  test.each<[string, Reply, Partial<ClientError>]>([
    [
      "Biped's own",
      () => Response.json({ ...oauth, errorCode: "INVALID_CLIENT" }, { status: 401 }),
      {
        kind: "refused",
        code: "INVALID_CLIENT",
        status: 401,
        requestId: "r-1",
        serverText: "Client authentication failed.",
      },
    ],
    [
      "RFC 6749 alone",
      () => Response.json(oauth, { status: 400 }),
      { kind: "refused", code: "INVALID_CLIENT", status: 400 },
    ],
    [
      "a request id in a header",
      () => Response.json({}, { status: 400, headers: { "x-request-id": "r-2" } }),
      { kind: "refused", code: "HTTP_400", status: 400, requestId: "r-2", serverText: undefined },
    ],
    ["a list", () => Response.json([1], { status: 400 }), { kind: "refused", code: "HTTP_400" }],
    [
      "a code of no form",
      () => Response.json({ errorCode: "no\u001b[31m" }, { status: 400 }),
      { kind: "refused", code: "HTTP_400" },
    ],
    ["an empty 401", () => new Response(null, { status: 401 }), { kind: "refused", code: "HTTP_401" }],
    ["a web page with 403", () => new Response("<html>", { status: 403 }), { kind: "refused", code: "HTTP_403" }],
    [
      "a web page with 404",
      () => new Response("<html>", { status: 404 }),
      { kind: "not_oauth", code: "UNEXPECTED_ANSWER" },
    ],
    [
      "plain text with 400",
      () => new Response("no", { status: 400 }),
      { kind: "not_oauth", code: "UNEXPECTED_ANSWER" },
    ],
    [
      "a web page with 200",
      () => new Response("<html>"),
      { kind: "not_oauth", code: "UNEXPECTED_ANSWER", status: 200 },
    ],
    ["a list with 200", () => Response.json([]), { kind: "not_oauth", code: "UNEXPECTED_ANSWER", status: 200 }],
    [
      "a redirect",
      () => Response.redirect("https://evil.org/", 307),
      { kind: "not_oauth", code: "REDIRECTED", status: 307 },
    ],
    [
      "a 500 for whatever was wrong",
      () => Response.json({ message: "Internal error" }, { status: 500 }),
      { kind: "unreachable", code: "HTTP_500", status: 500, serverText: "Internal error" },
    ],
    [
      "an overload that lasts",
      refuse(503, "TEMPORARILY_UNAVAILABLE", { "retry-after": "3600" }),
      { kind: "unreachable", code: "TEMPORARILY_UNAVAILABLE", status: 503, retryAfterSeconds: 3600 },
    ],
    [
      "an answer without end",
      () => new Response("x".repeat(16_777_217)),
      { kind: "not_oauth", code: "UNEXPECTED_ANSWER", status: 200 },
    ],
  ])("%s", async (_, reply, expected) => {
    const { client, sent } = createWorld([reply]);
    expect(await catchError(client.token())).toMatchObject(expected);
    expect(sent.length).toBe(1);
  });

  test("a service that repeats secrets and tokens is not quoted with them", async () => {
    const echo: Reply = ({ init }) =>
      Response.json({ error_description: `You sent ${String(init.body)}` }, { status: 400 });
    const { client } = createWorld([echo]);
    expect((await catchError(client.token())).serverText).toContain('"client_secret":"[secret]"');
    const parrot: Reply = ({ headers }) =>
      Response.json({ errorMessage: `Not ${headers.get("authorization")?.slice(7)}!` }, { status: 403 });
    const calls = createWorld([issue("token-1"), parrot]);
    expect((await catchError(calls.client.exports.get(1))).serverText).toBe("Not [secret]!");
  });

  test("what a runtime throws is told in words, and its object, which may hold the request, stays behind", async () => {
    const { client } = createWorld([], {
      maxAttempts: 1,
      fetch: async (_, init) => {
        throw Object.assign(new Error(`cannot send ${init?.body}`), { request: init });
      },
    });
    const error = await catchError(client.token());
    expect([error.kind, error.code, error.status]).toEqual(["unreachable", "CONNECTION_FAILED", undefined]);
  });
});

describe("a refused token is replaced once, and the call repeated once", () => {
  test.each<[string, Reply]>([
    ["401 JWT_EXPIRED", refuse(401, "JWT_EXPIRED")],
    ["401 JWT_REVOKED", refuse(401, "JWT_REVOKED")],
    ["401 invalid_token in the body", () => Response.json({ error: "invalid_token" }, { status: 401 })],
    [
      "401 invalid_token in the challenge",
      () => new Response("<html>", { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }),
    ],
    ["421 WRONG_CLOUD", refuse(421, "WRONG_CLOUD")],
  ])("%s", async (_, reply) => {
    const elsewhere = "https://api.other.example.com";
    const { client, paths, left } = createWorld([
      issue("token-1"),
      reply,
      issue("token-2", { endpoint: elsewhere }),
      ok,
    ]);
    const answer = await client.fetch("/v1/exports", { method: "POST", body: "the body" });
    expect([answer.status, await answer.text(), left.length]).toEqual([200, "ok", 0]);
    expect(paths()).toEqual([
      `POST ${tokenUrl} null`,
      `POST ${endpoint}/v1/exports Bearer token-1`,
      `POST ${tokenUrl} null`,
      `POST ${elsewhere}/v1/exports Bearer token-2`,
    ]);
  });

  test("a second refusal is the caller's to see, with its body unread", async () => {
    const { client } = createWorld([
      issue("token-1"),
      refuse(401, "JWT_EXPIRED"),
      issue("token-2"),
      refuse(401, "JWT_REVOKED"),
    ]);
    const answer = await client.fetch("/v1/exports");
    expect([answer.status, (await answer.json()).errorCode]).toEqual([401, "JWT_REVOKED"]);
  });

  test("a body that is a stream is not sent again, but the next call has a new token", async () => {
    const { client, paths } = createWorld([issue("token-1"), refuse(401, "JWT_EXPIRED"), issue("token-2"), ok]);
    const body = new Blob(["once"]).stream();
    const answer = await client.fetch("/v1/exports", { method: "POST", body, duplex: "half" } as RequestInit);
    expect(answer.status).toBe(401);
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    expect(paths().at(-1)).toBe(`GET ${endpoint}/v1/exports Bearer token-2`);
  });

  test.each<[string, Reply]>([
    ["401 of another reason", refuse(401, "JWT_MISSING")],
    ["401 of no known shape", () => new Response("<html>", { status: 401 })],
    ["403", refuse(403, "INSUFFICIENT_SCOPE")],
    ["421 of another reason", () => new Response(null, { status: 421 })],
  ])("%s is handed over as it is", async (_, reply) => {
    const { client, sent } = createWorld([issue("token-1"), reply]);
    expect((await client.fetch("/v1/exports")).ok).toBe(false);
    expect(sent.length).toBe(2);
  });

  test("the address that a 421 names is never called", async () => {
    const lure = () =>
      Response.json({ errorCode: "WRONG_CLOUD", endpoint: "https://api.evil.example.com" }, { status: 421 });
    const { client, sent } = createWorld([issue("token-1"), lure, issue("token-2"), lure]);
    expect((await client.fetch("/v1/exports")).status).toBe(421);
    expect(sent.filter(({ url }) => url.includes("evil"))).toEqual([]);
  });
});

describe("R-53: what is sent again", () => {
  test.each<[string, Reply, number | string]>([
    ["a connection that was refused", cut("ECONNREFUSED"), "CONNECTION_FAILED"],
    ["a connection that broke", cut("ECONNRESET"), "CONNECTION_FAILED"],
    ["429", refuse(429, "RATE_LIMITED"), 429],
    ["502", refuse(502, "X"), 502],
    ["503", refuse(503, "X"), 503],
    ["504", refuse(504, "X"), 504],
  ])("GET and the token request, after %s", async (_, reply, reason) => {
    const { client, waits, events } = createWorld([reply, issue("token-1"), reply, reply, ok]);
    expect((await client.fetch("/v1/exports?secret=query")).status).toBe(200);
    expect(waits).toEqual([125, 125, 250]);
    const retried = events.filter(([name]) => name === "retried").map(([, event]) => event);
    expect(retried).toEqual([
      { method: "POST", url: tokenUrl, attempt: 1, delayMilliseconds: 125, reason },
      { method: "GET", url: `${endpoint}/v1/exports`, attempt: 1, delayMilliseconds: 125, reason },
      { method: "GET", url: `${endpoint}/v1/exports`, attempt: 2, delayMilliseconds: 250, reason },
    ]);
  });

  test.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ConnectionRefused"])(
    "POST, after %s: nothing was sent",
    async (code) => {
      const { client, left } = createWorld([issue("token-1"), cut(code), ok]);
      expect((await client.fetch("/v1/exports", { method: "POST", body: "{}" })).status).toBe(200);
      expect(left.length).toBe(0);
    },
  );

  test("POST, after 429, which was refused before anything was done", async () => {
    const { client } = createWorld([issue("token-1"), refuse(429, "RATE_LIMITED"), ok]);
    expect((await client.fetch("/v1/exports", { method: "POST", body: "{}" })).status).toBe(200);
  });

  test.each([502, 503, 504])("but not POST after %d, which may have been done", async (status) => {
    const { client } = createWorld([issue("token-1"), refuse(status, "X")]);
    expect((await client.fetch("/v1/exports", { method: "POST", body: "{}" })).status).toBe(status);
  });

  test("but not POST after a connection that broke, unless it has an Idempotency-Key", async () => {
    const { client } = createWorld([issue("token-1"), cut("ECONNRESET"), cut("ECONNRESET"), ok]);
    const call = (headers: HeadersInit) => client.fetch("/v1/exports", { method: "POST", body: "{}", headers });
    expect(await catchError(call({}))).toMatchObject({ kind: "unreachable", code: "CONNECTION_FAILED" });
    expect((await call({ "idempotency-key": "k-1" })).status).toBe(200);
  });

  test.each(["EHOSTUNREACH", "ENETUNREACH"])(
    "POST after a connection that met %s, not after one that ended in it",
    async (code) => {
      const ended: Reply = () => {
        throw new TypeError("fetch failed", { cause: Object.assign(new Error(`read ${code}`), { code }) });
      };
      const { client, left } = createWorld([issue("token-1"), cut(code), ok, ended]);
      const call = () => client.fetch("/v1/exports", { method: "POST", body: "{}" });
      expect((await call()).status).toBe(200);
      expect(await catchError(call())).toMatchObject({ kind: "unreachable", code: "CONNECTION_FAILED" });
      expect(left.length).toBe(0);
    },
  );

  test("POST with a token of the store, before the secret was ever asked for", async () => {
    const token = { accessToken: "token-1", endpoint, projectId: 42, scope: "data-export" };
    const held = { ...token, issuedAt: now - 1_000, expiresAt: now + 3_600_000 };
    const tokenStore = { get: async () => held, set: async () => undefined };
    const [clientSecret, maxAttempts] = [() => secret, 2];
    const world = createWorld([cut("ECONNREFUSED"), cut("ECONNREFUSED")], { tokenStore, clientSecret, maxAttempts });
    const error = await catchError(world.client.fetch("/v1/exports", { method: "POST", body: "{}" }));
    expect(error.message).toBe("The service cannot be reached: fetch failed: connect ECONNREFUSED.");
    expect(world.events).toEqual([["retried", expect.objectContaining({ url: `${endpoint}/v1/exports` })]]);
  });

  test("four times at most; the last answer is the caller's", async () => {
    const { client, waits } = createWorld([issue("token-1"), ...Array.from({ length: 4 }, () => refuse(503, "X"))]);
    expect((await client.fetch("/v1/exports")).status).toBe(503);
    expect(waits).toEqual([125, 250, 500]);
  });

  test("Retry-After is obeyed to the second, and a call is not repeated when it asks for more than a minute", async () => {
    const { client, waits } = createWorld([
      issue("token-1"),
      refuse(429, "RATE_LIMITED", { "retry-after": "7" }),
      refuse(503, "X", { "retry-after": "Tue, 24 Nov 2026 12:00:20 GMT" }),
      refuse(429, "RATE_LIMITED", { "retry-after": "61" }),
    ]);
    expect((await client.fetch("/v1/exports")).status).toBe(429);
    expect(waits).toEqual([7125, 20_250]);
  });

  test("within the budget: a service that stays away is asked ten times more, then once a call", async () => {
    const { client, sent } = createWorld([issue("token-1")], {
      fetch: async (input, init) => {
        sent.push({ url: String(input), init: init ?? {}, headers: new Headers() });
        return String(input) === tokenUrl ? issue("token-1")() : refuse(503, "X")();
      },
    });
    await client.token();
    for (let call = 0; call < 10; call += 1) await client.fetch("/v1/exports");
    expect(sent.length).toBe(1 + 10 + 10);
  });
});

describe("limits of time", () => {
  const hang: Reply = ({ init }) =>
    new Promise((_, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });

  test("an attempt without an answer ends with TIMEOUT", async () => {
    const { client } = createWorld([hang, hang], { timeoutMilliseconds: 5, maxAttempts: 2 });
    expect(await catchError(client.token())).toMatchObject({ kind: "unreachable", code: "TIMEOUT" });
  });

  test("a token whose body does not come ends with TIMEOUT as well", async () => {
    const stuck: Reply = ({ init }) => {
      const body = new ReadableStream({
        start: (controller) => init.signal?.addEventListener("abort", () => controller.error(init.signal?.reason)),
      });
      return new Response(body);
    };
    const { client } = createWorld([stuck], { timeoutMilliseconds: 5, maxAttempts: 1 });
    expect(await catchError(client.token())).toMatchObject({ kind: "unreachable", code: "TIMEOUT" });
  });

  test("the caller's signal ends the call with its own reason, and nothing is repeated", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const { client, sent } = createWorld([issue("token-1"), hang, ok]);
    await client.token();
    const call = client.fetch("/v1/exports", { signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(client.fetch("/v1/exports", { signal: stop.signal })).rejects.toBe(reason);
    expect(sent.length).toBe(2);
  });

  test("a signal that has ended before leaves no timer behind", async () => {
    vi.useFakeTimers();
    try {
      const { client, sent } = createWorld([]);
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      await expect(client.information({ signal })).rejects.toBe(signal.reason);
      expect([vi.getTimerCount(), sent.length]).toEqual([0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([2 ** 31, Number.POSITIVE_INFINITY])("%d ms are no limit, and not one of 1 ms", async (limit) => {
    const slow: Reply = (sent) =>
      Promise.race([hang(sent), new Promise<Response>((resolve) => setTimeout(() => resolve(ok()), 20))]);
    const { client } = createWorld([issue("token-1"), slow], { maxAttempts: 1 });
    expect((await client.fetch("/v1/exports", { timeoutMilliseconds: limit })).status).toBe(200);
  });

  test("a refusal of 17 MB is handed over at once", async () => {
    const body = "x".repeat(17_000_000);
    const { client } = createWorld([issue("token-1"), () => new Response(body, { status: 401 })]);
    const answer = await client.fetch("/v1/exports");
    expect([answer.status, (await answer.text()).length]).toEqual([401, body.length]);
  });
});

describe("client.fetch", () => {
  test.each(["v1/exports", "https://evil.org/", "@evil.org/", ".evil.org/", ":80@evil.org/", ""])(
    "path %j is a TypeError, and nothing is sent to it",
    async (path) => {
      const { client, sent } = createWorld([issue("token-1")]);
      await expect(client.fetch(path)).rejects.toBeInstanceOf(TypeError);
      expect(sent.filter(({ url }) => url !== tokenUrl)).toEqual([]);
    },
  );

  test("sends headers, method, query and body as given, and asks for nothing compressed", async () => {
    const { client, sent } = createWorld([issue("token-1"), ok]);
    await client.fetch("/v1/x?from=a%2Bb", { method: "PUT", body: "b", headers: { "x-own": "1" } });
    expect([sent[1]?.url, sent[1]?.init.method, sent[1]?.init.body]).toEqual([
      `${endpoint}/v1/x?from=a%2Bb`,
      "PUT",
      "b",
    ]);
    expect(Object.fromEntries(sent[1]?.headers ?? [])).toEqual({
      "accept-encoding": "identity",
      authorization: "Bearer token-1",
      "x-own": "1",
    });
  });

  test("another Authorization header, a body on GET and a stream without duplex are mistakes, not failures to repeat", async () => {
    const { client, sent } = createWorld([issue("token-1")]);
    await expect(client.fetch("/v1", { headers: { authorization: "Basic x" } })).rejects.toBeInstanceOf(TypeError);
    await expect(client.fetch("/v1", { body: "b" })).rejects.toBeInstanceOf(TypeError);
    const body = new Blob(["b"]).stream();
    await expect(client.fetch("/v1", { method: "POST", body })).rejects.toThrow(/duplex/);
    expect(sent.length).toBe(1);
  });
});

describe("one credential, many projects", () => {
  test("a token is kept once per project and set of scopes, whatever their order", async () => {
    const tokens = [42, 43, 42].map((project, index) => issue(`token-${index}`, { project_id: project }));
    const { client, left } = createWorld(tokens, { scope: "a b" });
    const find = async (each: typeof client) => (await each.token()).accessToken;
    expect(await find(client.forProject(42))).toBe("token-0");
    expect(await find(client.forProject(43))).toBe("token-1");
    expect(await find(client.forProject(42).withScope("b a a"))).toBe("token-0");
    expect(await find(client.forProject(42).withScope("b"))).toBe("token-2");
    expect(await find(client.forProject(43).forProject(42))).toBe("token-0");
    expect(left.length).toBe(0);
  });

  test("forProject and withScope refuse what is none", () => {
    const { client } = createWorld([]);
    expect(() => client.forProject(1.5)).toThrow(TypeError);
    expect(() => client.withScope("")).toThrow(TypeError);
  });
});

describe("information", () => {
  const answer = { scopes: "metrics data-export", permissions: { projects: [{ id: 42, name: "UX ANALYTICS" }] } };

  test("is the service's answer, with every member that it adds", async () => {
    const { client, sent } = createWorld([() => Response.json({ ...answer, level: "account", later: 1 })]);
    expect(await client.information()).toEqual({ ...answer, level: "account", later: 1 });
    expect(sent[0]?.url).toBe("https://auth.example.com/v1/oauth/me");
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({ client_id: "c3133d76", client_secret: secret });
  });

  test.each([
    {},
    { scopes: "a" },
    { ...answer, permissions: {} },
    { ...answer, permissions: { projects: [{ id: "42" }] } },
  ])("%j is no such answer", async (body) => {
    const { client } = createWorld([() => Response.json(body)]);
    expect(await catchError(client.information())).toMatchObject({ kind: "not_oauth", code: "UNEXPECTED_ANSWER" });
  });
});

describe("hooks", () => {
  test("tokenRenewed and clockSkewSeen, with neither secret nor token", async () => {
    const skewed: Reply = () => Response.json(tokenAnswer(), { headers: { date: "Tue, 24 Nov 2026 11:58:30 GMT" } });
    const { client, events } = createWorld([skewed]);
    await client.token();
    expect(events).toEqual([
      ["clockSkewSeen", { skewSeconds: -90 }],
      ["tokenRenewed", { projectId: 42, scope: "data-export", endpoint, expiresAt: new Date(now + 3_600_000) }],
    ]);
  });

  test("secretExpiring when the service says that the secret ends within 14 days", async () => {
    const ends = (days: number) => new Date(now + days * 86_400_000).toISOString();
    const { client, events } = createWorld([
      issue("token-1", { secret_expires_at: ends(15) }),
      issue("token-2", { secret_expires_at: ends(13), project_id: 43 }),
      issue("token-3", { secret_expires_at: null, project_id: 44 }),
    ]);
    for (const project of [42, 43, 44]) await client.forProject(project).token();
    expect(events.filter(([name]) => name === "secretExpiring")).toEqual([
      ["secretExpiring", { expiresAt: new Date(now + 13 * 86_400_000), secondsLeft: 13 * 86_400 }],
    ]);
  });

  test("one that throws changes nothing", async () => {
    const tokenRenewed = () => {
      throw new Error("the log is full");
    };
    const { client } = createWorld([issue("token-1")], { on: { tokenRenewed } });
    expect((await client.token()).accessToken).toBe("token-1");
  });

  test("one that promises and rejects changes nothing either", async () => {
    const rejected: unknown[] = [];
    const note = (reason: unknown) => rejected.push(reason);
    process.on("unhandledRejection", note);
    try {
      const tokenRenewed = async () => Promise.reject(new Error("the log is full"));
      const { client } = createWorld([issue("token-1")], { on: { tokenRenewed } });
      expect((await client.token()).accessToken).toBe("token-1");
      await new Promise((resolve) => setImmediate(resolve));
      expect(rejected).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});

test("looking at a client shows neither secret nor token", async () => {
  const { client } = createWorld([issue("token-1")]);
  await client.token();
  expect(inspect(client, { depth: 10, showHidden: true })).not.toMatch(/hidden;|token-1/);
  expect(JSON.stringify(client)).not.toMatch(/hidden;|token-1/);
});
