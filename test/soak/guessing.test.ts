/** L-09, R-50: whoever guesses secrets is told little, and whoever knows his own is always let in. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { scaleCases, scaleTimeout } from "../property.ts";
import { createTokenAsk, type FloodStage, keepAsking, startFloodStage } from "./flood-stage.ts";
import { formatTokenRequest, type LoadResult, runOpenLoop } from "./open-loop.ts";

let stage: FloodStage;

beforeAll(async () => {
  stage = await startFloodStage({ BIPED_TRUSTED_PROXIES: "127.0.0.1" });
}, 120_000);

afterAll(async () => stage[Symbol.asyncDispose]());

const from = (address: string): string => `x-forwarded-for: ${address}\r\n`;
const guess = (source: string, secret: string): string =>
  formatTokenRequest({ clientId: stage.held.clientId, clientSecret: `biped_live_${secret}` }, from(source));

const attack = (requests: readonly string[], seconds: number): Promise<LoadResult> =>
  runOpenLoop({
    host: stage.host,
    port: stage.port,
    requests,
    perSecond: 1_000,
    seconds,
    connections: 200,
    newConnectionsPercent: 0,
  });

const countOf = ({ byStatus }: LoadResult, status: number): number => byStatus[status]?.count ?? 0;

test("one source, 1,000 guesses a second: no more than 10 a minute are told to be wrong, and the true client beside it has 0 failures", {
  timeout: scaleTimeout(120_000),
}, async () => {
  const seconds = scaleCases(10);
  const source = "192.0.2.7";
  const stopFar = keepAsking(createTokenAsk(stage.url, stage.held, { "x-forwarded-for": "198.51.100.1" }), 20);
  const stopNear = keepAsking(createTokenAsk(stage.url, stage.held, { "x-forwarded-for": source }), 20);
  const outcome = await attack(
    Array.from({ length: 997 }, (_, at) => guess(source, `guess-${at}`)),
    seconds,
  );
  const [far, near] = [await stopFar(), await stopNear()];
  console.log({ outcome: JSON.stringify(outcome), far, near });

  expect([far.failures, near.failures]).toEqual([[], []]);
  // Ten at once, and one in six seconds; those of the patience after the load too.
  expect(countOf(outcome, 401)).toBeLessThanOrEqual(10 + Math.ceil((outcome.seconds + 5) / 6));
  expect(countOf(outcome, 429)).toBeGreaterThan(100);
  expect(Object.keys(outcome.byStatus).every((status) => ["401", "429", "503"].includes(status))).toBe(true);
  expect([outcome.wrong, outcome.lost]).toEqual([0, 0]);
});

test("10,000 sources on one client_id: the true client has 0 failures, and whoever watches is told", {
  timeout: scaleTimeout(120_000),
}, async () => {
  const seconds = scaleCases(10);
  const stop = keepAsking(createTokenAsk(stage.url, stage.held, { "x-forwarded-for": "198.51.100.2" }), 20);
  const requests = Array.from({ length: 10_000 }, (_, at) => guess(`10.9.${at >> 8}.${at & 255}`, `guess-${at}`));
  const outcome = await attack(requests, seconds);
  const good = await stop();
  const metrics = await (await fetch(`${stage.adminUrl}/metrics`)).text();
  const alarms = Number(/^biped_guessing_alarms_total (\d+)/m.exec(metrics)?.[1]);
  console.log({ outcome: JSON.stringify(outcome), good, alarms });

  expect(good.failures).toEqual([]);
  expect(countOf(outcome, 200)).toBe(0);
  // Within a minute nobody has had ten guesses from one source, so that all are told; the number of them is the alarm.
  expect(countOf(outcome, 401)).toBeGreaterThan(600);
  expect([outcome.wrong, outcome.lost]).toEqual([0, 0]);
  expect(alarms).toBeGreaterThanOrEqual(1);
  expect(stage.output()).toContain("more than 600 failed authentications a minute for one credential");
});
