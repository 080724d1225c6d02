/** F-10: a PostgreSQL that is slow, half-open, resets connections, or sends one byte at a time. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { tokenRequest } from "../started-server.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type ClusterNode, until } from "./cluster-node.ts";
import { type ClusterWorld, createClusterWorld } from "./cluster-world.ts";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { type Client, countStatuses, createClient, createIssue, p99Of, type Reply, startLoad } from "./token-load.ts";

/** What is promised is a second, on a machine that does nothing else. */
const answerMilliseconds = 2_000;

let proxy: FaultProxy;
let cluster: Cluster;
let world: ClusterWorld;
let node: ClusterNode;
let client: Client;

beforeAll(async () => {
  const databaseUrl = await createPostgresDatabase();
  proxy = await createFaultProxy(databaseUrl);
  cluster = await startCluster({ count: 1, databaseUrl, databaseUrlOf: () => proxy.url });
  world = await createClusterWorld(cluster);
  const [only] = cluster.nodes;
  if (only === undefined) throw new Error("There is no node.");
  node = only;
  client = createClient();
  // The first request of each path is slower than all others.
  await load(20, 1_000);
});
afterAll(async () => {
  client.close();
  await cluster[Symbol.asyncDispose]();
  await proxy.stop();
});

/** Of one credential, remembered between its reads. */
async function load(perSecond: number, milliseconds: number): Promise<readonly Reply[]> {
  const running = startLoad(perSecond, createIssue(client, node.publicUrl, [world.facts.project]));
  await sleep(milliseconds);
  return running.stop();
}

/** For a scope that the credential does not own: before it is refused, the store has to be asked. */
const askCold = (): Promise<Reply> =>
  client.post(`${node.publicUrl}/v1/oauth/token`, tokenRequest(world.facts.project, { scope: "symbolicator" }));

function readResidentMegabytes(): number {
  const pages = Number(readFileSync(`/proc/${node.pid()}/statm`, "utf8").split(" ")[1]);
  return (pages * 4096) / 1_048_576;
}

/** @returns after how many milliseconds cold and warm requests were served again. */
async function measureRecovery(): Promise<number> {
  const startedAt = performance.now();
  await until("the store is asked again", async () => {
    const [cold, ready] = await Promise.all([askCold(), fetch(`${node.adminUrl}/readyz`)]);
    return cold.status === 400 && ready.ok;
  });
  return performance.now() - startedAt;
}

test("answers that come 200 ms later: warm credentials get tokens, p99 at most 300 ms", {
  timeout: 60_000,
}, async () => {
  proxy.setFault({ kind: "delay", milliseconds: 200 });
  const replies = await load(50, 12_000);
  proxy.setFault({ kind: "none" });
  console.log(`+200 ms: ${JSON.stringify(countStatuses(replies))}, p99 ${p99Of(replies).toFixed(1)} ms`);
  expect(countStatuses(replies)).toEqual({ 200: replies.length });
  expect(p99Of(replies)).toBeLessThanOrEqual(300);
});

test("answers that come 5 s later: 503 within a second", { timeout: 60_000 }, async () => {
  proxy.setFault({ kind: "delay", milliseconds: 5_000 });
  const running = startLoad(20, askCold);
  await sleep(5_000);
  const replies = await running.stop();
  proxy.setFault({ kind: "none" });
  const recovered = await measureRecovery();
  console.log(`+5 s: p99 ${p99Of(replies).toFixed(0)} ms, back after ${recovered.toFixed(0)} ms`);
  expect(countStatuses(replies)).toEqual({ 503: replies.length });
  expect(p99Of(replies)).toBeLessThanOrEqual(answerMilliseconds);
  expect(recovered).toBeLessThanOrEqual(15_000);
});

test.each([
  ["a black hole", () => proxy.setFault({ kind: "black hole" })],
  ["connections that are half-open for ever", () => proxy.strandConnections()],
  ["resets", () => proxy.setFault({ kind: "reset" })],
  ["a way that is cut to the server", () => proxy.setFault({ kind: "one way", cut: "to server" })],
  ["a way that is cut to the client", () => proxy.setFault({ kind: "one way", cut: "to client" })],
] as const)(
  "%s: no answer takes longer than a second, and the pool is back within 15 s",
  { timeout: 60_000 },
  async (name, begin) => {
    const before = readResidentMegabytes();
    begin();
    const running = startLoad(30, askCold);
    await sleep(3_000);
    const duringFault = running.replies.length;
    proxy.setFault({ kind: "none" });
    const recovered = await measureRecovery();
    const replies = await running.stop();
    const after = readResidentMegabytes();
    const memory = `${before.toFixed(0)} → ${after.toFixed(0)} MB`;
    const told = `${JSON.stringify(countStatuses(replies.slice(0, duringFault)))}, p99 ${p99Of(replies).toFixed(0)} ms`;
    console.log(`${name}: ${told}, back after ${recovered.toFixed(0)} ms, ${memory}`);
    expect(Object.keys(countStatuses(replies)).every((status) => status === "503" || status === "400")).toBe(true);
    expect(p99Of(replies)).toBeLessThanOrEqual(answerMilliseconds);
    expect(recovered).toBeLessThanOrEqual(15_000);
    expect(after - before).toBeLessThan(40);
    expect(node.countExits()).toBe(0);
  },
);

test("one byte at a time: every request is served", { timeout: 60_000 }, async () => {
  proxy.setFault({ kind: "byte by byte" });
  const running = startLoad(10, askCold);
  await sleep(2_000);
  const replies = await running.stop();
  proxy.setFault({ kind: "none" });
  console.log(`byte by byte: ${JSON.stringify(countStatuses(replies))}, p99 ${p99Of(replies).toFixed(0)} ms`);
  expect(countStatuses(replies)).toEqual({ 400: replies.length });
});
