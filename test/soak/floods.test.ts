/** L-03, R-40: whoever holds sockets and says nothing, little or nonsense takes nothing from whoever does neither. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchange } from "../raw-connection.ts";
import { type FloodPlan, runFlood } from "./flood.ts";
import { createTokenAsk, type FloodStage, keepAsking, startFloodStage } from "./flood-stage.ts";
import { formatTokenRequest } from "./open-loop.ts";

let stage: FloodStage;
let baseline: Awaited<ReturnType<FloodStage["measure"]>>;

beforeAll(async () => {
  stage = await startFloodStage();
  const ask = createTokenAsk(stage.url, stage.held);
  for (let count = 0; count < 200; count += 1) await (await ask()).arrayBuffer();
  baseline = await stage.measure();
}, 120_000);

afterAll(async () => stage[Symbol.asyncDispose]());

/** Files that one process may have open, of which a few are for the program itself. */
const fileLimit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1024);
const idleSockets = Math.min(10_000, fileLimit - 500);

/** How long the server waits for a head, and for a whole request; and how often it looks, with room for a busy machine. */
const [headSeconds, requestSeconds, roomSeconds] = [10, 15, 6];

const floods: readonly (readonly [string, Pick<FloodPlan, "kind" | "sockets" | "perSecond">, closedIn?: number])[] = [
  [`${idleSockets} sockets that say nothing`, { kind: "idle", sockets: idleSockets, perSecond: 4_000 }, headSeconds],
  ["2,000 heads, a line a second", { kind: "headers", sockets: 2_000, perSecond: 2_000 }, headSeconds],
  ["2,000 bodies, a byte a second", { kind: "body", sockets: 2_000, perSecond: 2_000 }, requestSeconds],
  ["2,000 sockets that take no answer", { kind: "read", sockets: 2_000, perSecond: 1_000 }],
  ["5,000 connections a second, cut at once", { kind: "connects", sockets: 25_000, perSecond: 5_000 }],
  ["20 requests at once on each of 20 connections", { kind: "pipelining", sockets: 20, perSecond: 1_000 }],
  ["200 requests in one packet on each of 100 connections", { kind: "packets", sockets: 100, perSecond: 50 }, 15],
  ["2,000 sockets that speak no HTTP", { kind: "garbage", sockets: 2_000, perSecond: 1_000 }, headSeconds],
];

/** Until whoever connects anew is answered, and all that is left of the flood is gone. */
async function measureCalm(): Promise<number> {
  const startedAt = performance.now();
  await exchange(stage.url, "GET /healthz HTTP/1.1\r\nhost: a.example\r\n\r\n");
  while ((await stage.measure()).files > baseline.files + 50 && performance.now() - startedAt < 10_000) await sleep(20);
  return (performance.now() - startedAt) / 1000;
}

test.for(floods)("%s: a good client has 0 failures, and what is bad is gone", { timeout: 180_000 }, async (flood) => {
  const [name, plan, closedInSeconds] = flood;
  const seconds = plan.sockets / plan.perSecond + (closedInSeconds === undefined ? 5 : closedInSeconds + roomSeconds);
  // Nothing that a stranger could not send.
  const request = formatTokenRequest({ ...stage.held, clientSecret: "guessed" });
  const before = await stage.measure();
  const stopAsking = keepAsking(createTokenAsk(stage.url, stage.held), 20);
  const flooding = runFlood({ ...plan, host: stage.host, port: stage.port, seconds, request });
  await sleep(Math.min(seconds, plan.sockets / plan.perSecond + 2) * 1000);
  const during = await stage.measure();
  const outcome = await flooding;
  const good = await stopAsking();
  const calmSeconds = await measureCalm();
  const after = await stage.measure();
  console.log(name, { outcome, good, during, after, calmSeconds });

  expect(good.failures).toEqual([]);
  expect(good.count).toBeGreaterThan(5);
  if (closedInSeconds !== undefined) {
    expect([outcome.refused, outcome.stillOpen]).toEqual([0, 0]);
    expect(outcome.longestSeconds).toBeLessThan(closedInSeconds + roomSeconds);
  }
  expect(after.files).toBeLessThanOrEqual(baseline.files + 50);
  expect(during.residentMegabytes - before.residentMegabytes).toBeLessThan(250);
});
