import { setTimeout as sleep } from "node:timers/promises";
import { createLog } from "@biped/listener";
import { describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { startValkeyStub } from "../../../../test/valkey-stub.ts";
import { createWay } from "../../../../test/way-to-server.ts";
import { migrateStorage } from "../storage/open-storage.ts";
import { openSharedStore } from "./open-shared-store.ts";

const createClocked = (shared: { readonly databaseUrl: string } | { readonly redisUrl: string }) => {
  const clock = { seconds: 1000 };
  const logLines: string[] = [];
  const open = async (patienceMilliseconds = 10_000) => {
    const store = await openSharedStore({
      patienceMilliseconds,
      sharedLimits: "redisUrl" in shared ? shared : "postgres",
      databaseUrl: "databaseUrl" in shared ? shared.databaseUrl : "sqlite:unused",
      monotonicSeconds: () => clock.seconds,
      log: createLog("info", (line) => logLines.push(line)),
    });
    if (store === undefined) throw new Error("nothing was opened");
    return store;
  };
  return { clock, logLines, open };
};

/** A store for both nodes, and how to take it away. */
const kinds = {
  postgres: async () => {
    const url = await createPostgresDatabase();
    await migrateStorage(url);
    const way = await createWay(url);
    return { ...createClocked({ databaseUrl: way.url }), setSilent: way.setSilent, cut: way.cut };
  },
  valkey: async () => {
    const stub = await startValkeyStub();
    return { ...createClocked({ redisUrl: stub.url }), setSilent: stub.setSilent, cut: stub.cut };
  },
} as const;

test("nothing is shared unless it is asked for", async () => {
  const log = createLog("info", () => undefined);
  const parts = { sharedLimits: undefined, databaseUrl: "sqlite:unused", monotonicSeconds: () => 0, log };
  expect(await openSharedStore(parts)).toBeUndefined();
});

describe.each(["postgres", "valkey"] as const)("counts shared by %s", (kind) => {
  test("two nodes count together, each kind of limit and each key for itself, within a minute's window", async () => {
    const { open, logLines } = await kinds[kind]();
    const [one, other] = [await open(), await open()];
    expect((await one.failures.add("a", 1))?.total).toBe(1);
    expect((await other.failures.add("a", 2))?.total).toBe(3);
    expect((await one.tokens.add("a", 5))?.total).toBe(5);
    expect((await one.tokens.add("a", 0))?.total).toBe(5);
    const last = await one.failures.add("b", 1);
    expect(last).toEqual({ total: 1, resetSeconds: expect.any(Number) });
    expect(last?.resetSeconds).toBeGreaterThan(50);
    expect(last?.resetSeconds).toBeLessThanOrEqual(60);
    expect(logLines).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  test("50 at once lose nothing", async () => {
    const { open } = await kinds[kind]();
    const nodes = [await open(), await open()];
    await Promise.all(Array.from({ length: 50 }, (_, at) => nodes[at % 2]?.failures.add("a", 1)));
    expect((await nodes[0]?.failures.add("a", 0))?.total).toBe(50);
    await Promise.all(nodes.map((node) => node.close()));
  });

  test("a store that is silent costs one caller 0.1 s, the others of that second nothing, and comes back", async () => {
    const { open, setSilent, clock, logLines } = await kinds[kind]();
    const node = await open(100);
    await node.failures.add("a", 1);
    clock.seconds += 1;
    logLines.length = 0;
    setSilent(true);
    const startedAt = performance.now();
    expect(await node.failures.add("a", 1)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(500);
    const soonAt = performance.now();
    for (let count = 0; count < 100; count += 1) expect(await node.failures.add("a", 1)).toBeUndefined();
    expect(performance.now() - soonAt).toBeLessThan(50);
    setSilent(false);
    const isBack = async (): Promise<boolean> => {
      clock.seconds += 1;
      return (await node.failures.add("a", 1)) !== undefined;
    };
    const deadline = performance.now() + 10_000;
    while (!(await isBack()) && performance.now() < deadline) await sleep(50);
    expect(logLines.map((line) => JSON.parse(line).msg)).toEqual([
      "limits are not shared: their store does not answer",
      "limits are shared again",
    ]);
    await node.close();
  });

  test("one that is gone is told once, without its address or password", async () => {
    const { open, cut, clock, logLines } = await kinds[kind]();
    const node = await open();
    cut();
    for (let count = 0; count < 5; count += 1) {
      expect(await node.failures.add("a", 1)).toBeUndefined();
      clock.seconds += 1;
    }
    expect(logLines).toHaveLength(1);
    expect(logLines.join("")).not.toMatch(/only-for-tests|127\.0\.0\.1/);
    await node.close();
    expect(await (await open()).failures.add("a", 1)).toBeUndefined();
  });
});

test("what a caller presents is not written into the store, whatever its length", async () => {
  const stub = await startValkeyStub();
  const node = await createClocked({ redisUrl: stub.url }).open();
  await node.failures.add(`pair 192.0.2.7 biped_live_canary${"x".repeat(10_000)}`, 1);
  const [key = "", ...others] = stub.counts.keys();
  expect(others).toEqual([]);
  expect(key).toMatch(/^biped:auth-fail:[\w-]{43}$/);
  await node.close();
});
