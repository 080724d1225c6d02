import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server as HttpServer } from "node:http";
import { setImmediate } from "node:timers/promises";
import { refuse } from "@biped/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchange, openRawConnection, type RawAnswer } from "../../../test/raw-connection.ts";
import {
  createTestListener,
  expectFlatError,
  type StartedListener,
  startListener,
} from "../../../test/started-listener.ts";
import type { Endpoint } from "./answer.ts";

const secretDetail = "canary: relation credentials does not exist";

class StoreAway extends Error {}

const get = (url: string, path: string, headers = ""): Promise<RawAnswer> =>
  exchange(url, `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n`);

describe("what is thrown becomes an answer", () => {
  let started: StartedListener;

  const throws = (thrown: unknown): { GET: Endpoint } => ({
    GET: async () => {
      throw thrown;
    },
  });

  beforeAll(async () => {
    started = await startListener({
      isUnavailable: (error) => error instanceof StoreAway,
      routes: {
        "/error": throws(new Error(secretDetail)),
        "/status-code": throws(Object.assign(new Error(secretDetail), { statusCode: 418, code: 7 })),
        "/reset": throws(Object.assign(new Error(secretDetail), { code: "ECONNRESET" })),
        "/text": throws(secretDetail),
        "/undefined": throws(undefined),
        "/null": throws(null),
        "/number": throws(7),
        "/object": throws({ code: { startsWith: 1 } }),
        "/away": throws(new StoreAway(secretDetail)),
        "/sync": {
          GET: () => {
            throw new Error(secretDetail);
          },
        },
        "/not-json": { GET: () => ({ status: 200, body: { large: 1n } }) },
      },
    });
  });
  afterAll(() => started.stop());

  test.each([
    "/error",
    "/status-code",
    "/reset",
    "/text",
    "/undefined",
    "/null",
    "/number",
    "/object",
    "/sync",
    "/not-json",
  ])("500 without details: %s; the details stand in the log under the request id", async (path) => {
    started.logLines.length = 0;
    const answer = await get(started.url, path);
    expectFlatError(answer, [500, "server_error", "INTERNAL_ERROR"]);
    expect(answer.text).not.toContain("canary");
    const failures = started.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
    expect(failures.map(({ msg, requestId }) => [msg, requestId])).toEqual([
      ["unexpected failure", answer.headers.get("x-request-id")],
    ]);
  });

  test("503 with Retry-After: the store is away", async () => {
    started.logLines.length = 0;
    const answer = await get(started.url, "/away");
    expectFlatError(answer, [503, "temporarily_unavailable", "TEMPORARILY_UNAVAILABLE"]);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.text).not.toContain("canary");
    expect(started.logLines.map((line) => JSON.parse(line).level)).toEqual(["warn", "info"]);
  });
});

describe("R-42: the source", () => {
  let trusting: StartedListener;
  let doubting: StartedListener;
  const routes = { "/source": { GET: ((request) => ({ status: 200, body: { source: request.source } })) as Endpoint } };

  beforeAll(async () => {
    trusting = await startListener({ routes, trustedProxies: ["127.0.0.0/8", "10.1.0.0/16", "2001:db8:1::/48"] });
    doubting = await startListener({ routes });
  });
  afterAll(() => Promise.all([trusting.stop(), doubting.stop()]));

  test.each([
    ["one address", "192.0.2.7", "192.0.2.7"],
    ["the right-most of two", "198.51.100.1, 192.0.2.7", "192.0.2.7"],
    ["the right-most that is no trusted proxy", "198.51.100.1, 192.0.2.7, 10.1.2.3, 2001:db8:1::9", "192.0.2.7"],
    ["all of them trusted: the left-most", "10.1.0.1, 10.1.0.2", "10.1.0.1"],
    ["blanks around it", "  198.51.100.1 ,\t192.0.2.7\t", "192.0.2.7"],
    ["IPv6 in its one spelling", "2001:DB8:0:0::0:7", "2001:db8::7"],
    ["IPv6 without its zone", "fe80::1%eth0", "fe80::1"],
    ["an IPv4-mapped address as the IPv4 one", "::ffff:192.0.2.7", "192.0.2.7"],
    ["the same in capitals", "::FFFF:192.0.2.7", "192.0.2.7"],
    ["the same in hexadecimal", "::ffff:c000:207", "192.0.2.7"],
    ["the last of two header fields", "198.51.100.1\r\nX-Forwarded-For: 192.0.2.7", "192.0.2.7"],
    ["no text is no address", "", "127.0.0.1"],
    ["commas alone are no address", ", ,", "127.0.0.1"],
    ["garbage is dropped", "garbage", "127.0.0.1"],
    ["garbage behind a good address hides it", "192.0.2.7, garbage", "127.0.0.1"],
    ["garbage before a trusted proxy is dropped", "garbage, 10.1.2.3", "127.0.0.1"],
    ["an address with a port is dropped", "192.0.2.7:4711", "127.0.0.1"],
    ["brackets are dropped", "[2001:db8::7]", "127.0.0.1"],
    ["a short form of IPv4 is dropped", "192.0.519", "127.0.0.1"],
    ["a number is dropped", "3221225991", "127.0.0.1"],
  ])("from a trusted proxy: %s", async (_name, value, source) => {
    const answer = await get(trusting.url, "/source", `X-Forwarded-For: ${value}\r\n`);
    expect([answer.status, JSON.parse(answer.text).source]).toEqual([200, source]);
    expect(JSON.parse(trusting.logLines.at(-1) ?? "").source).toBe(source);
  });

  test("2,000 headers before it do not hide it: none is dropped", async () => {
    const many = "a:\r\n".repeat(2000);
    const answer = await get(trusting.url, "/source", `${many}X-Forwarded-For: 192.0.2.7\r\n`);
    expect(JSON.parse(answer.text).source).toBe("192.0.2.7");
  });

  test("no proxy is trusted unless it is named: the header is not read", async () => {
    const headers = "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\n";
    expect(JSON.parse((await get(doubting.url, "/source", headers)).text).source).toBe("127.0.0.1");
  });

  test("a trusted proxy is believed in X-Forwarded-For alone", async () => {
    const headers = "Forwarded: for=192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\nX-Client-IP: 192.0.2.7\r\n";
    expect(JSON.parse((await get(trusting.url, "/source", headers)).text).source).toBe("127.0.0.1");
  });
});

describe("what is logged of a request", () => {
  let started: StartedListener;
  beforeAll(async () => {
    started = await startListener({
      routes: {
        "/things/:id": {
          GET: ({ params }) => ({
            status: 200,
            body: { id: params.get("id") },
            log: { projectId: 42, reason: "seen" },
          }),
        },
        "/refused": { GET: () => refuse("INVALID_SCOPE", "For the caller.", "for the log") },
      },
    });
  });
  afterAll(() => started.stop());

  const lineOf = async (path: string, headers = "") => {
    started.logLines.length = 0;
    await get(started.url, path, headers);
    expect(started.logLines).toHaveLength(1);
    return JSON.parse(started.logLines[0] ?? "");
  };

  test("the route and never the URL, and what the endpoint adds", async () => {
    expect(await lineOf("/things/canary?canary=1", "Authorization: canary\r\nX-Request-Id: canary\r\n")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      listener: "test",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: "GET",
      route: "/things/:id",
      status: 200,
      durationMilliseconds: expect.any(Number),
      source: "127.0.0.1",
      projectId: 42,
      reason: "seen",
      msg: "request",
    });
  });

  test("a refusal's code and its reason for the log", async () => {
    expect(await lineOf("/refused")).toMatchObject({ status: 400, errorCode: "INVALID_SCOPE", reason: "for the log" });
  });

  test("an unknown path without a route", async () => {
    const line = await lineOf("/canary");
    expect([line.status, line.route, line.errorCode]).toEqual([404, undefined, "NOT_FOUND"]);
    expect(started.logLines.join()).not.toContain("canary");
  });

  test("nothing of /healthz and /readyz", async () => {
    started.logLines.length = 0;
    expect((await get(started.url, "/healthz")).text).toBe('{"status":"ok"}');
    expect((await get(started.url, "/readyz")).text).toBe('{"status":"ready","checks":{}}');
    expect(started.logLines).toEqual([]);
  });
});

test("an endpoint sees the parameters of its path decoded, and the query as it was sent", async () => {
  const seen: unknown[] = [];
  const started = await startListener({
    routes: {
      "/things/:id": {
        GET: ({ params, query, path, method, authorization }) => {
          seen.push({ id: params.get("id"), query, path, method, authorization });
          return { status: 204, body: undefined };
        },
      },
    },
  });
  await get(started.url, "http://evil.example/things/a%20b?x=%41&&y", "Authorization: one\r\nauthorization: two\r\n");
  await get(started.url, "/things/7");
  await started.stop();
  expect(seen).toEqual([
    { id: "a b", query: "x=%41&&y", path: "/things/a%20b", method: "GET", authorization: ["one", "two"] },
    { id: "7", query: "", path: "/things/7", method: "GET", authorization: [] },
  ]);
});

test("a body on a GET is ignored, and the next request on the connection is read", async () => {
  const started = await startListener({
    routes: { "/text": { GET: ({ body }) => ({ status: 200, body: { length: body.length } }) } },
  });
  const connection = await openRawConnection(started.url);
  const head = "GET /text HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n";
  connection.send(
    `${head}Content-Length: 9\r\n\r\n{"a":"b"}${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n${head}\r\n`,
  );
  for (let count = 0; count < 3; count += 1) expect((await connection.readAnswer()).text).toBe('{"length":0}');
  connection.cut();
  await started.stop();
});

test("R-40: a slow or hostile socket is bounded by the server's own settings", async () => {
  const started = await startListener();
  const servers: HttpServer[] = [];
  const remember = (message: unknown): void => {
    if (typeof message === "object" && message !== null && "server" in message) {
      servers.push(message.server as HttpServer);
    }
  };
  subscribe("http.server.request.start", remember);
  await get(started.url, "/healthz");
  unsubscribe("http.server.request.start", remember);
  await started.stop();
  expect(servers).toHaveLength(1);
  expect(servers[0]).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 72_000,
    maxRequestsPerSocket: 10_000,
    maxConnections: 20_000,
    maxHeadersCount: 0,
  });
});

test("every answer is measured by its route, the malformed ones too, and nothing a caller chose is among the labels", async () => {
  const measured: unknown[] = [];
  const started = await startListener({
    routes: { "/things/:id": { GET: () => refuse("INVALID_SCOPE", "x") } },
    onAnswered: ({ seconds, ...rest }) => {
      expect(seconds).toBeGreaterThanOrEqual(0);
      measured.push(rest);
    },
  });
  await get(started.url, "/things/canary");
  await get(started.url, "/healthz");
  await get(started.url, "/canary");
  await get(started.url, "/%");
  await exchange(started.url, "canary\r\n\r\n");
  await started.stop();
  expect(measured).toEqual([
    { listener: "test", route: "/things/:id", status: 400, errorCode: "INVALID_SCOPE" },
    { listener: "test", route: "/healthz", status: 200, errorCode: undefined },
    { listener: "test", route: "", status: 404, errorCode: "NOT_FOUND" },
    { listener: "test", route: "", status: 400, errorCode: "INVALID_REQUEST" },
    { listener: "test", route: "", status: 400, errorCode: "INVALID_REQUEST" },
  ]);
});

describe("readiness", () => {
  test("503 with Retry-After while the check fails as unavailable, while /healthz stays 200", async () => {
    const started = await startListener({
      isUnavailable: (error) => error instanceof StoreAway,
      readyChecks: {
        changes: () => ({ ok: true, lagSeconds: 0.2 }),
        store: async () => {
          throw new StoreAway("canary");
        },
      },
    });
    const answer = await get(started.url, "/readyz");
    const { status, checks, ...error } = JSON.parse(answer.text);
    expectFlatError({ ...answer, text: JSON.stringify(error) }, [
      503,
      "temporarily_unavailable",
      "TEMPORARILY_UNAVAILABLE",
    ]);
    expect([status, checks]).toEqual(["not ready", { changes: { ok: true, lagSeconds: 0.2 }, store: { ok: false } }]);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect((await get(started.url, "/healthz")).status).toBe(200);
    await started.stop();
  });

  test("200 with what each check found", async () => {
    const started = await startListener({ readyChecks: { store: async () => ({ ok: true }) } });
    const answer = await get(started.url, "/readyz");
    await started.stop();
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ready","checks":{"store":{"ok":true}}}']);
  });

  test("whoever asks during a look is answered by it, and the next one looks again", async () => {
    const looks: (() => void)[] = [];
    const store = () => new Promise<{ ok: true }>((resolve) => looks.push(() => resolve({ ok: true })));
    const started = await startListener({ readyChecks: { store } });
    const connection = await openRawConnection(started.url);
    const ask = (count: number) => connection.send("GET /readyz HTTP/1.1\r\nHost: a.example\r\n\r\n".repeat(count));
    ask(20);
    await expect.poll(() => looks.length).toBe(1);
    looks[0]?.();
    for (let read = 0; read < 20; read += 1) expect((await connection.readAnswer()).status).toBe(200);
    expect(looks).toHaveLength(1);
    ask(1);
    await expect.poll(() => looks.length).toBe(2);
    looks[1]?.();
    expect((await connection.readAnswer()).status).toBe(200);
    connection.cut();
    await started.stop();
  });

  test("500 where a check fails for a reason of our own", async () => {
    const broken = () => Promise.reject(new Error("canary"));
    const started = await startListener({ readyChecks: { store: broken } });
    const answer = await get(started.url, "/readyz");
    await started.stop();
    expectFlatError(answer, [500, "server_error", "INTERNAL_ERROR"]);
  });
});

describe("draining", () => {
  const startSlow = async () => {
    const entered: (() => void)[] = [];
    const inside = new Promise<void>((resolve) => entered.push(resolve));
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const started = await startListener({
      routes: {
        "/slow": {
          GET: async () => {
            for (const enter of entered) enter();
            await released;
            return { status: 200, body: { text: "late" } };
          },
        },
      },
    });
    return { started, inside, release };
  };
  const slow = "GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n";

  test("a request under way is answered with Connection: close, and only then it ends", async () => {
    const { started, inside, release } = await startSlow();
    const connection = await openRawConnection(started.url);
    connection.send(slow);
    await inside;
    let drained = false;
    const draining = started.listener.drain({ graceMilliseconds: 10_000 }).then(() => {
      drained = true;
    });
    await setImmediate();
    expect(drained).toBe(false);
    release();
    const answer = await connection.readAnswer();
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    await draining;
    expect(await connection.closed).toBe("");
  });

  test("new connections are refused at once", async () => {
    const { started, inside, release } = await startSlow();
    const connection = await openRawConnection(started.url);
    connection.send(slow);
    await inside;
    const draining = started.listener.drain({ graceMilliseconds: 10_000 });
    await setImmediate();
    await expect(openRawConnection(started.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    release();
    await draining;
  });

  test("a connection that waits for its next request is closed", async () => {
    const started = await startListener();
    const connection = await openRawConnection(started.url);
    connection.send("GET /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n");
    await connection.readAnswer();
    await started.listener.drain({ graceMilliseconds: 10_000 });
    expect(await connection.closed).toBe("");
  });

  test("/readyz says 503 with Retry-After to whoever can still ask", async () => {
    const { started, inside, release } = await startSlow();
    const [busy, asking] = [await openRawConnection(started.url), await openRawConnection(started.url)];
    asking.send("GET /readyz HTTP/1.1\r\nHost: a.exa");
    busy.send(slow);
    await inside;
    const draining = started.listener.drain({ graceMilliseconds: 10_000 });
    await setImmediate();
    asking.send("mple\r\n\r\n");
    const answer = await asking.readAnswer();
    expectFlatError(answer, [503, "temporarily_unavailable", "TEMPORARILY_UNAVAILABLE"]);
    expect([answer.headers.get("retry-after"), answer.headers.get("connection")]).toEqual(["1", "close"]);
    release();
    await draining;
  });

  test("what is not done within the grace is cut", async () => {
    const { started, inside, release } = await startSlow();
    const connection = await openRawConnection(started.url);
    connection.send(slow);
    await inside;
    await started.listener.drain({ graceMilliseconds: 10 });
    expect(await connection.closed).toBe("");
    release();
  });

  test("draining twice, and draining what never listened, is no error", async () => {
    const started = await startListener();
    await started.listener.drain({ graceMilliseconds: 10_000 });
    await started.listener.drain({ graceMilliseconds: 10_000 });
  });
});

describe("listening", () => {
  const listenAt = async (host: string, port: number): Promise<string> => {
    const { listener, stop } = createTestListener();
    try {
      return await listener.listen({ host, port, setting: "BIPED_PUBLIC_PORT" });
    } finally {
      await stop();
    }
  };

  test("an occupied port: one clear line that names the setting", async () => {
    const started = await startListener();
    const { port } = new URL(started.url);
    const message = `Another program listens on 127.0.0.1:${port} already. Choose another with BIPED_PUBLIC_PORT.`;
    await expect(listenAt("127.0.0.1", Number(port))).rejects.toThrow(new Error(message));
    await started.stop();
  });

  test("an address of another machine: one clear line", async () => {
    const message = "This machine has no address for 192.0.2.1:4000.";
    await expect(listenAt("192.0.2.1", 4000)).rejects.toThrow(new Error(message));
  });

  test("the URL names the port that was taken, and localhost as it was given", async () => {
    expect(await listenAt("127.0.0.1", 0)).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(await listenAt("localhost", 0)).toMatch(/^http:\/\/localhost:[1-9]\d+$/);
  });
});
