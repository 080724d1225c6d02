import { describe, expect, test } from "vitest";
import { createFailureLimit, formatNetwork } from "./failure-limit.ts";

function createClocked() {
  const clock = { seconds: 1000 };
  const limit = createFailureLimit(() => clock.seconds);
  const countWithin = (clientId: string, source: string, times: number): number =>
    Array.from({ length: times }, () => limit.count(clientId, source)).filter((refusal) => refusal === undefined)
      .length;
  return { clock, limit, countWithin };
}

describe("R-50: failed authentications", () => {
  test("10 a minute for a credential and source, then 429 with what a client needs to know", () => {
    const { clock, limit, countWithin } = createClocked();
    expect(countWithin("a", "192.0.2.7", 10)).toBe(10);
    expect(limit.count("a", "192.0.2.7")).toMatchObject({
      status: 429,
      code: "RATE_LIMITED",
      description: "There were too many requests; try again later.",
      headers: { "retry-after": "6", "ratelimit-policy": '"auth-fail";q=10;w=60', ratelimit: '"auth-fail";r=0;t=6' },
    });
    clock.seconds += 6;
    expect(countWithin("a", "192.0.2.7", 5)).toBe(1);
  });

  test("another source and another credential have their own", () => {
    const { countWithin } = createClocked();
    countWithin("a", "192.0.2.7", 20);
    expect([countWithin("a", "192.0.2.8", 20), countWithin("b", "192.0.2.7", 20)]).toEqual([10, 10]);
  });

  test("60 a minute for a source, over however many credentials", () => {
    const { limit } = createClocked();
    const outcomes = Array.from({ length: 100 }, (_, at) => limit.count(`guess-${at}`, "192.0.2.7"));
    expect(outcomes.filter((refusal) => refusal === undefined)).toHaveLength(60);
    expect(outcomes.at(-1)?.headers).toEqual({
      "retry-after": "1",
      "ratelimit-policy": '"auth-fail";q=60;w=60',
      ratelimit: '"auth-fail";r=0;t=1',
    });
  });

  test("a /64 of IPv6 is one source, its neighbour another", () => {
    const { countWithin } = createClocked();
    const spread = Array.from({ length: 20 }, (_, at) => countWithin("a", `2001:db8:1:2::${at.toString(16)}`, 1));
    expect(spread.reduce((sum, one) => sum + one)).toBe(10);
    expect(countWithin("a", "2001:db8:1:3::1", 20)).toBe(10);
  });

  test("a credential's name cannot be written so that it counts for another source", () => {
    const { countWithin } = createClocked();
    countWithin("2 a", "192.0.2.7", 10);
    expect(countWithin("a", "192.0.2.7 2", 1)).toBe(1);
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
