import { describe, expect, test } from "vitest";
import { exchange, openRawConnection, type RawConnection } from "../../../test/raw-connection.ts";
import { countParameters, expectFlatError, startListener } from "../../../test/started-listener.ts";

describe("L-02: a drain with a delay", () => {
  const post =
    'POST /count HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"b"}';

  test("serves new connections and kept ones, says Connection: close and 503 of /readyz, and then closes the port", async () => {
    const started = await startListener({ routes: { "/count": { POST: countParameters } } });
    const kept = await openRawConnection(started.url);
    kept.send(post);
    expect((await kept.readAnswer()).headers.get("connection")).toBe("keep-alive");
    const drained = started.listener.drain({ delayMilliseconds: 300, graceMilliseconds: 10_000 });
    kept.send(post);
    const last = await kept.readAnswer();
    expect([last.status, last.headers.get("connection")]).toEqual([200, "close"]);
    expect(await kept.closed).toBe("");
    const fresh = await exchange(started.url, post);
    expect([fresh.status, fresh.headers.get("connection")]).toEqual([200, "close"]);
    const ready = await exchange(started.url, "GET /readyz HTTP/1.1\r\nHost: a.example\r\n\r\n");
    expectFlatError(ready, [503, "temporarily_unavailable", "TEMPORARILY_UNAVAILABLE"]);
    await drained;
    await expect(openRawConnection(started.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("what is shed meanwhile closes its connection too", async () => {
    const started = await startListener({ shed: () => 1 });
    const drained = started.listener.drain({ delayMilliseconds: 100, graceMilliseconds: 10_000 });
    expect((await exchange(started.url, post)).headers.get("connection")).toBe("close");
    await drained;
  });

  test("a request that arrives on a kept connection at the very end is answered", async () => {
    const started = await startListener({ routes: { "/count": { POST: countParameters } } });
    const kept = await openRawConnection(started.url);
    kept.send(post);
    await kept.readAnswer();
    const endsAt = performance.now() + 50;
    const drained = started.listener.drain({ delayMilliseconds: 50, graceMilliseconds: 10_000 });
    kept.send(post);
    // The delay is over before anybody can read what was sent.
    while (performance.now() < endsAt + 20);
    expect((await kept.readAnswer()).text).toBe('{"parameters":1}');
    await drained;
  });

  test("0 requests lost of 10 clients that go elsewhere once /readyz says so, over 5 drains", async () => {
    const outcomes = { answered: 0, lost: 0 };
    for (let drains = 0; drains < 5; drains += 1) {
      const started = await startListener({ routes: { "/count": { POST: countParameters } } });
      const balancer = { isReady: true };
      const clients = Array.from({ length: 10 }, () => keepAsking(started.url, { outcomes, balancer }));
      const askReady = () => exchange(started.url, "GET /readyz HTTP/1.1\r\nHost: a.example\r\n\r\n");
      expect((await askReady()).status).toBe(200);
      const drained = started.listener.drain({ delayMilliseconds: 500, graceMilliseconds: 10_000 });
      balancer.isReady = (await askReady()).status === 200;
      expect(balancer.isReady).toBe(false);
      await Promise.all([drained, ...clients]);
    }
    expect(outcomes).toEqual({ answered: expect.any(Number), lost: 0 });
    expect(outcomes.answered).toBeGreaterThan(50);
  });

  type Asking = {
    readonly outcomes: { answered: number; lost: number };
    readonly balancer: { readonly isReady: boolean };
  };

  /** One request after another, on the same connection until it is told to close. */
  async function keepAsking(url: string, { outcomes, balancer }: Asking): Promise<void> {
    let connection: RawConnection | undefined;
    while (balancer.isReady) {
      try {
        connection ??= await openRawConnection(url);
        connection.send(post);
        if ((await connection.readAnswer()).headers.get("connection") === "close") connection = undefined;
        outcomes.answered += 1;
      } catch {
        outcomes.lost += 1;
        return;
      }
    }
    connection?.end();
  }
});
