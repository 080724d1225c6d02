/**
 * L-01, R-52: ten times as much as the server can do. The figures of a busy machine are noise, so that most are printed
 * alone. libuv accepts one connection a turn of its loop: in an overload new connections wait longest.
 */

import { expect, test } from "vitest";
import { scaleCases, scaleTimeout } from "../property.ts";
import { type FloodStage, keepAsking, startFloodStage } from "./flood-stage.ts";
import { formatTokenRequest, type LoadPlan, type LoadResult, pinTo, runOpenLoop } from "./open-loop.ts";

const seconds = { capacity: 4, overload: scaleCases(15) };

const createPlan = ({ host, port, held }: FloodStage): LoadPlan => ({
  host,
  port,
  requests: [formatTokenRequest(held)],
  perSecond: 1_000_000,
  seconds: seconds.capacity,
  connections: 64,
  newConnectionsPercent: 0,
});

const countTokens = ({ byStatus }: LoadResult): number => byStatus[200]?.count ?? 0;
const rateOf = (result: LoadResult): number => countTokens(result) / result.seconds;

/** With the tokens for each second of a processor, which others on the machine change least. */
async function measureLoad(stage: FloodStage, plan: LoadPlan) {
  const { processorSeconds } = await stage.measure();
  const result = await runOpenLoop(plan);
  return { ...result, yield: countTokens(result) / ((await stage.measure()).processorSeconds - processorSeconds) };
}

/** As much as 64 connections get that ask again at once: hardly anything is shed then. */
const measureCapacity = (stage: FloodStage) => measureLoad(stage, createPlan(stage));

/** Milliseconds until ten tokens in a row took less than 100 ms each. */
async function measureRecovery({ url, held }: FloodStage): Promise<number> {
  const startedAt = performance.now();
  const [, body = ""] = formatTokenRequest(held).split("\r\n\r\n");
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  for (let good = 0; good < 10 && performance.now() - startedAt < 30_000; ) {
    const askedAt = performance.now();
    const answer = await fetch(`${url}/v1/oauth/token`, { method: "POST", headers, body });
    await answer.arrayBuffer();
    good = answer.status === 200 && performance.now() - askedAt < 100 ? good + 1 : 0;
  }
  return performance.now() - startedAt;
}

test("at ten times its capacity a server gives out tokens nearly as fast, sheds the rest with 503, and answers nothing wrong", {
  timeout: scaleTimeout(300_000),
}, async () => {
  await using stage = await startFloodStage({ BIPED_LOG_LEVEL: "info" });
  await measureCapacity(stage);
  const before = await measureCapacity(stage);
  const stopHealth = keepAsking(() => fetch(`${stage.url}/healthz`), 50);
  const stopAdmin = keepAsking(() => fetch(`${stage.adminUrl}/readyz`), 50);
  const overload = await measureLoad(stage, {
    ...createPlan(stage),
    perSecond: 10 * rateOf(before),
    seconds: seconds.overload,
    connections: 1_000,
    newConnectionsPercent: 10,
  });
  const [health, admin, memory] = [await stopHealth(), await stopAdmin(), await stage.measure()];
  const recoveryMilliseconds = await measureRecovery(stage);
  const after = await measureCapacity(stage);
  const goodput = overload.yield / ((before.yield + after.yield) / 2);
  console.log({
    pinned: pinTo(0).length > 0,
    tokensPerSecond: [rateOf(before), rateOf(overload), rateOf(after)],
    tokensPerProcessorSecond: [before.yield, overload.yield, after.yield],
    goodput,
    offered: (overload.sent + overload.leftOut) / overload.seconds,
    answered: overload.byStatus,
    answeredOnKept: overload.keptByStatus,
    p99AtCapacity: before.byStatus[200]?.p99,
    health: health.p99,
    ready: admin.p99,
    residentMegabytes: memory.residentMegabytes,
    recoveryMilliseconds,
  });

  expect(Object.keys(overload.byStatus).sort()).toEqual(["200", "503"]);
  expect([overload.wrong, before.wrong, after.wrong]).toEqual([0, 0, 0]);
  expect([overload.lost, before.lost, after.lost]).toEqual([0, 0, 0]);
  expect([health.failures, admin.failures]).toEqual([[], []]);
  expect(goodput).toBeGreaterThan(0.7);
  expect(memory.residentMegabytes).toBeLessThan(350);
  expect(recoveryMilliseconds).toBeLessThan(15_000);
});
