import { describe, expect, test } from "vitest";
import { createFailureLimit, formatNetwork } from "./failure-limit.ts";
import type { SharedCounts } from "./shared-counts.ts";

function createClocked(shared?: SharedCounts) {
  const clock = { seconds: 1000 };
  const limit = createFailureLimit(() => clock.seconds, shared);
  const countWithin = async (clientId: string, source: string, times: number): Promise<number> => {
    let within = 0;
    for (let time = 0; time < times; time += 1) if ((await limit.count(clientId, source)) === undefined) within += 1;
    return within;
  };
  return { clock, limit, countWithin };
}

describe("R-50: failed authentications", () => {
  test("10 a minute for a credential and source, then 429 with what a client needs to know", async () => {
    const { clock, limit, countWithin } = createClocked();
    expect(await countWithin("a", "192.0.2.7", 10)).toBe(10);
    expect(await limit.count("a", "192.0.2.7")).toMatchObject({
      status: 429,
      code: "RATE_LIMITED",
      description: "There were too many requests; try again later.",
      headers: { "retry-after": "6", "ratelimit-policy": '"auth-fail";q=10;w=60', ratelimit: '"auth-fail";r=0;t=6' },
    });
    clock.seconds += 6;
    expect(await countWithin("a", "192.0.2.7", 5)).toBe(1);
  });

  test("another source and another credential have their own", async () => {
    const { countWithin } = createClocked();
    await countWithin("a", "192.0.2.7", 20);
    expect(await countWithin("a", "192.0.2.8", 20)).toBe(10);
    expect(await countWithin("b", "192.0.2.7", 20)).toBe(10);
  });

  test("60 a minute for a source, over however many credentials", async () => {
    const { limit } = createClocked();
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, at) => limit.count(`guess-${at}`, "192.0.2.7")));
    expect(outcomes.filter((refusal) => refusal === undefined)).toHaveLength(60);
    expect(outcomes.at(-1)?.headers).toEqual({
      "retry-after": "1",
      "ratelimit-policy": '"auth-fail";q=60;w=60',
      ratelimit: '"auth-fail";r=0;t=1',
    });
  });

  test("a /64 of IPv6 is one source, its neighbour another", async () => {
    const { countWithin } = createClocked();
    let within = 0;
    for (let at = 0; at < 20; at += 1) within += await countWithin("a", `2001:db8:1:2::${at.toString(16)}`, 1);
    expect(within).toBe(10);
    expect(await countWithin("a", "2001:db8:1:3::1", 20)).toBe(10);
  });

  test("a credential's name cannot be written so that it counts for another source", async () => {
    const { countWithin } = createClocked();
    await countWithin("2 a", "192.0.2.7", 10);
    expect(await countWithin("a", "192.0.2.7 2", 1)).toBe(1);
  });
});

describe("R-50: failed authentications of several nodes", () => {
  const createShared = () => {
    const totals = new Map<string, number>();
    const store = { isAway: false, asked: 0 };
    const shared: SharedCounts = {
      add: async (key, count) => {
        store.asked += 1;
        if (store.isAway) return undefined;
        totals.set(key, (totals.get(key) ?? 0) + count);
        return { total: totals.get(key) ?? 0, resetSeconds: 41.2 };
      },
    };
    return { shared, store };
  };

  test("10 a minute in all for a credential and source, whichever nodes they ask", async () => {
    const { shared } = createShared();
    const nodes = [createClocked(shared), createClocked(shared), createClocked(shared)];
    let within = 0;
    for (let round = 0; round < 10; round += 1) {
      for (const { countWithin } of nodes) within += await countWithin("a", "192.0.2.7", 1);
    }
    expect(within).toBe(10);
    expect((await nodes[0]?.limit.count("a", "192.0.2.7"))?.headers).toEqual({
      "retry-after": "6",
      "ratelimit-policy": '"auth-fail";q=10;w=60',
      ratelimit: '"auth-fail";r=0;t=6',
    });
    const [, , fresh] = [...nodes, createClocked(shared)].slice(1);
    expect((await fresh?.limit.count("a", "192.0.2.7"))?.headers).toMatchObject({ "retry-after": "42" });
  });

  test("60 a minute in all for a source", async () => {
    const { shared } = createShared();
    const nodes = [createClocked(shared), createClocked(shared)];
    let within = 0;
    for (let guess = 0; guess < 100; guess += 1) {
      within += (await nodes[guess % 2]?.countWithin(`guess-${guess}`, "192.0.2.7", 1)) ?? 0;
    }
    expect(within).toBe(60);
  });

  test("while their store is away each node counts by itself", async () => {
    const { shared, store } = createShared();
    store.isAway = true;
    const nodes = [createClocked(shared), createClocked(shared)];
    for (const { countWithin } of nodes) expect(await countWithin("a", "192.0.2.7", 20)).toBe(10);
  });

  test("the store is not asked where a node refuses by itself: a flood stays here", async () => {
    const { shared, store } = createShared();
    await createClocked(shared).countWithin("a", "192.0.2.7", 1000);
    expect(store.asked).toBe(20);
  });
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:192.0.2.7", "192.0.2.7"],
  ["::ffff:c000:207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::9", "2001:db8:0:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["::1:2:3:4:5", "0:0:0:1::/64"],
  ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
  ["::2:3:4:5:6:7:8", "0:2:3:4::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::192.0.2.7", "0:0:0:0::/64"],
  ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
  ["1:2:3:4:5:6:192.0.2.7", "1:2:3:4::/64"],
  ["1::3:4:5:192.0.2.7", "1:0:0:3::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["fe80::1", "fe80:0:0:0::/64"],
  ["", ""],
  ["garbage", ""],
])("the network of %j is %j", (address, network) => {
  expect(formatNetwork(address)).toBe(network);
});
