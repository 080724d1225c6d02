/** L-02: nodes are restarted one after the other under load, and no request fails. */

import { setTimeout as sleep } from "node:timers/promises";
import { createClient as createSdkClient } from "@biped/client";
import { expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { scaleCases, scaleTimeout } from "../property.ts";
import { startCluster } from "./cluster.ts";
import { type ClusterNode, until } from "./cluster-node.ts";
import { createClusterWorld } from "./cluster-world.ts";
import { countStatuses, createClient, createIssue, p99Of, startLoad } from "./token-load.ts";

const drainMilliseconds = 10_000;

test("L-02: 20 rolling restarts of three nodes behind a balancer: no request fails, each drains within 10 s", {
  timeout: scaleTimeout(300_000),
}, async () => {
  const settings = { BIPED_DRAIN_SECONDS: "1", BIPED_SIGNING_ALG: "Ed25519" };
  await using cluster = await startCluster({ count: 3, databaseUrl: await createPostgresDatabase(), settings });
  const { facts } = await createClusterWorld(cluster);
  const client = createClient();
  const load = startLoad(50, createIssue(client, cluster.issuer, [facts.project]));
  const drains: number[] = [];
  for (let restart = 0; restart < scaleCases(20); restart += 1) {
    const node = cluster.nodes[restart % cluster.nodes.length] as ClusterNode;
    const { status, milliseconds } = await node.end("SIGTERM");
    if (status !== 0) throw new Error(`A node ended with ${status}:\n${node.readLog()}`);
    drains.push(milliseconds);
    await node.start();
    await until("the node is in the balancer", () => cluster.public.listReady().includes(node.publicUrl));
  }
  const replies = await load.stop();
  client.close();
  const slowest = Math.max(...drains);
  console.log(
    `${drains.length} restarts: ${replies.length} requests, p99 ${p99Of(replies).toFixed(0)} ms, drained after ${slowest.toFixed(0)} ms at most`,
  );
  expect(countStatuses(replies)).toEqual({ 200: replies.length });
  expect(cluster.public.countFailures()).toBe(0);
  expect(slowest).toBeLessThan(drainMilliseconds);
});

/** So that an hour passes in half a minute: tokens are renewed in their time while the only node is restarted. */
const haste = 120;

test("L-02: 10 restarts of a lone node without a balancer: no call of 40 programs that use the SDK fails", {
  timeout: scaleTimeout(300_000),
}, async () => {
  await using cluster = await startCluster({ count: 1, databaseUrl: await createPostgresDatabase() });
  const { facts } = await createClusterWorld(cluster);
  const node = cluster.nodes[0] as ClusterNode;
  const startedAt = Date.now();
  let renewals = 0;
  let retries = 0;
  const programs = Array.from({ length: 40 }, () =>
    createSdkClient({
      authUrl: node.publicUrl,
      allowedHosts: ["example.com"],
      ...facts.project,
      scope: "data-export",
      now: () => startedAt + (Date.now() - startedAt) * haste,
      on: {
        tokenRenewed: () => {
          renewals += 1;
        },
        retried: () => {
          retries += 1;
        },
      },
    }),
  );
  await Promise.all(programs.map((program) => program.token()));
  const failures: unknown[] = [];
  let calls = 0;
  const calling = setInterval(() => {
    for (const program of programs) {
      calls += 1;
      program.token().catch((error: unknown) => failures.push(error));
    }
  }, 100);
  // The first tokens are counted too: so long it takes until every hastened program has needed a new one.
  const restartsAtLeast = Math.max(10, scaleCases(10));
  let restarts = 0;
  while (restarts < restartsAtLeast || renewals < 2 * programs.length) {
    restarts += 1;
    expect((await node.end("SIGTERM")).status).toBe(0);
    await node.start();
    await sleep(1_000);
  }
  clearInterval(calling);
  console.log(`${restarts} restarts: ${calls} calls, ${renewals} renewals, ${retries} of them repeated`);
  expect(failures).toEqual([]);
  expect(renewals).toBeGreaterThanOrEqual(2 * programs.length);
});
