import { describe, expect, test, vi } from "vitest";
import { exchange, openRawConnection } from "../../../test/raw-connection.ts";
import { countParameters, expectFlatError, startListener } from "../../../test/started-listener.ts";

type StartOptions = NonNullable<Parameters<typeof startListener>[0]>;

const startShedding = async (options: StartOptions = {}) => {
  const load = { isHigh: true };
  const asked: string[] = [];
  const measured: unknown[] = [];
  const started = await startListener({
    routes: { "/count": { POST: countParameters } },
    shed: (path) => {
      asked.push(path);
      return load.isHigh ? 3 : undefined;
    },
    onAnswered: ({ seconds: _seconds, ...request }) => measured.push(request),
    ...options,
  });
  return { ...started, load, asked, measured };
};

const head = "POST /count?x=1 HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nContent-Length: 9\r\n";
/** With a connection that rests, until the test moves the timers. */
const startResting = async () => {
  const started = await startShedding();
  const connection = await openRawConnection(started.url);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  connection.send(`${head}\r\n{"a":"b"}`);
  expect((await connection.readAnswer()).status).toBe(503);
  return { started, connection };
};
const busy = [503, "temporarily_unavailable", "TEMPORARILY_UNAVAILABLE"] as const;

describe("R-52: a request that is shed", () => {
  test("gets 503 with Retry-After before its body is there, and its connection goes on", async () => {
    const started = await startShedding();
    const connection = await openRawConnection(started.url);
    connection.send(`${head}\r\n`);
    const answer = await connection.readAnswer();
    expectFlatError(answer, busy);
    expect([answer.headers.get("retry-after"), answer.headers.get("connection")]).toEqual(["3", "keep-alive"]);
    started.load.isHigh = false;
    connection.send(`{"a":"b"}${head}\r\n{"a":"b"}`);
    expect((await connection.readAnswer()).text).toBe('{"parameters":1}');
    expect(started.asked).toEqual(["/count", "/count"]);
    connection.cut();
    await started.stop();
  });

  test("lets its connection rest: what comes on it at once is not read for 400 ms", async () => {
    const { started, connection } = await startResting();
    started.load.isHigh = false;
    connection.send(`${head}\r\n{"a":"b"}`);
    vi.advanceTimersByTime(399);
    await exchange(started.url, `${head}\r\n{"a":"b"}`);
    expect(started.asked).toHaveLength(2);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect((await connection.readAnswer()).text).toBe('{"parameters":1}');
    connection.cut();
    await started.stop();
  });

  test("rests no longer when the server drains: what was sent meanwhile is answered", async () => {
    const { started, connection } = await startResting();
    vi.useRealTimers();
    connection.send(`${head}\r\n{"a":"b"}`);
    const drained = started.listener.drain({ delayMilliseconds: 100, graceMilliseconds: 10_000 });
    const answer = await connection.readAnswer();
    expect([answer.status, answer.headers.get("connection")]).toEqual([503, "close"]);
    await drained;
  });

  test("is not invited to send its body", async () => {
    const started = await startShedding();
    expectFlatError(await exchange(started.url, `${head}Expect: 100-continue\r\n\r\n`), busy);
    await started.stop();
  });

  test("has no line in the log but the one that counts it, and no measure", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const started = await startShedding();
    for (let count = 0; count < 3; count += 1) await exchange(started.url, `${head}\r\n{"a":"b"}`);
    expect(started.logLines).toEqual([]);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    expect(started.logLines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", time: expect.any(String), listener: "test", count: 3, msg: "requests were shed" },
    ]);
    expect(started.measured).toEqual([]);
    await started.stop();
  });

  test("never asks for health, and none that could be read in two ways", async () => {
    const started = await startShedding();
    const get = (path: string) => exchange(started.url, `GET ${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
    expect([(await get("/healthz")).status, (await get("/readyz?x")).status]).toEqual([200, 200]);
    const broken = `${head.replace("HTTP/1.1", "HTTP/1.0").replace("Content-Length: 9", "Transfer-Encoding: chunked")}\r\n`;
    const answer = await exchange(started.url, broken);
    expect([answer.status, answer.headers.get("connection")]).toEqual([400, "close"]);
    await started.stop();
  });
});
