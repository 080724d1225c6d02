/** Token keeping over hours, in virtual time: what a printed seed replays. */

import { createClient } from "@biped/client";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "./property.ts";
import { createRandom, createSimulatedServices } from "./simulated-services.ts";
import { createVirtualTime } from "./virtual-time.ts";

const lifetime = 3_600_000;
const start = 1_800_000_000_000;
const credential = {
  authUrl: "https://auth.example.com",
  clientId: "c3133d76",
  clientSecret: "secret of the simulation",
  scope: "data-export",
};
const noFaults = { refusedShare: 0, cutShare: 0 };

function createWorld(seed: number, faults: Parameters<typeof createSimulatedServices>[2]) {
  const time = createVirtualTime(start);
  const random = createRandom(seed);
  const services = createSimulatedServices(time, random, faults);
  const client = createClient({ ...credential, fetch: services.fetch, now: time.now, sleep: time.sleep, random });
  return { time, random, services, client };
}

test("1,000 concurrent cold calls: exactly 1 token request, and the next 1,000 make none", async () => {
  const { time, services, client } = createWorld(1, noFaults);
  const call = async (): Promise<number> => (await client.fetch("/v1/exports")).status;
  const burst = () => time.run(Promise.all(Array.from({ length: 1000 }, call)));
  expect(new Set(await burst())).toEqual(new Set([200]));
  expect(services.counts.tokenRequests).toBe(1);
  expect(new Set(await burst())).toEqual(new Set([200]));
  expect(services.counts.tokenRequests).toBe(1);
});

const calls = 10_000;

testProperty(
  "10,000 calls over 3 lifetimes with 1 % refused tokens and 1 % cut connections: none fails, at most 1 token request in flight",
  8,
  fc.asyncProperty(fc.integer({ min: 1, max: 0x7fffffff }), async (seed) => {
    const { time, random, services, client } = createWorld(seed, { refusedShare: 0.01, cutShare: 0.01 });
    const makeCall = async (_: unknown, number: number): Promise<number> => {
      await time.sleep(random() * 3 * lifetime);
      const answer = await client.fetch("/v1/exports", { headers: { "x-call": String(number) } });
      return answer.status;
    };
    const statuses = await time.run(Promise.all(Array.from({ length: calls }, makeCall)));
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(services.counts.mostInFlight).toBe(1);
    // The faults were really there, and each refusal cost one renewal at most.
    expect(services.counts.refused).toBeGreaterThan(50);
    expect(services.counts.cut).toBeGreaterThan(50);
    expect(services.counts.tokenRequests).toBeLessThanOrEqual(services.counts.refused + 5);
  }),
);

testProperty(
  "without faults a token is renewed after 68 to 92 % of its life, and never waited for again",
  20,
  fc.asyncProperty(fc.integer({ min: 1, max: 0x7fffffff }), async (seed) => {
    const { time, services, client } = createWorld(seed, noFaults);
    await time.run(client.token());
    let waits = 0;
    const poll = async (): Promise<void> => {
      for (let second = 0; second < 5 * 3600; second += 10) {
        await time.sleep(10_000);
        const before = time.now();
        await client.token();
        if (time.now() !== before) waits += 1;
      }
    };
    await time.run(poll());
    const shares = services.issued.slice(1).map((at, index) => (at - (services.issued[index] ?? 0)) / lifetime);
    expect(shares.length).toBeGreaterThanOrEqual(5);
    for (const share of shares) {
      expect(share).toBeGreaterThanOrEqual(0.68);
      // Ten seconds between two looks, and the way of the request.
      expect(share).toBeLessThanOrEqual(0.925);
    }
    expect(waits).toBe(0);
  }),
);

testProperty(
  "10,000 clients started at once renew over at least 20 % of the lifetime, at most 8 % of them in any hundredth",
  3,
  fc.asyncProperty(fc.integer({ min: 1, max: 0x7fffffff }), async (seed) => {
    const random = createRandom(seed);
    const clock = { now: start };
    const renewals: number[] = [];
    const fetch = async (): Promise<Response> => {
      renewals.push((clock.now - start) / lifetime);
      const answer = { access_token: "token", token_type: "bearer", expires_in: 3600, scope: "data-export" };
      return Response.json({ ...answer, project_id: 42, endpoint: "https://api.example.com" });
    };
    const clients = Array.from({ length: 10_000 }, () =>
      createClient({ ...credential, fetch, now: () => clock.now, random }),
    );
    const look = () => Promise.all(clients.map((client) => client.token()));
    await look();
    renewals.length = 0;
    for (let hundredth = 60; hundredth < 100; hundredth += 1) {
      clock.now = start + (hundredth / 100) * lifetime;
      await look();
      // The renewals of this look run in the background.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(renewals.length).toBe(10_000);
    expect(Math.max(...renewals) - Math.min(...renewals)).toBeGreaterThanOrEqual(0.2);
    const counted = Map.groupBy(renewals, (share) => Math.round(share * 100));
    expect(Math.max(...[...counted.values()].map(({ length }) => length))).toBeLessThan(800);
  }),
);
