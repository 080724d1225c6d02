/** after a crash at most the last second of counts is missing, and a gap marker says so. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import { createPostgresDatabase } from "../postgres-database.ts";
import { scaleCases } from "../property.ts";
import { type HeldCredential, tokenRequest } from "../started-server.ts";
import { createClusterStage } from "./cluster-stage.ts";
import { createSqliteStage } from "./sqlite-stage.ts";
import { createClient, startLoad } from "./token-load.ts";

const kills = scaleCases(2);
/** A flush each second, and what a busy machine may add to it. */
const longestPauseSeconds = 3;

async function readStore(databaseUrl: string, { clientId }: HeldCredential) {
  const storage = await openStorage(databaseUrl);
  const usage = await storage.readUsage({ clientId }, { since: 0, bucketSeconds: 86_400 });
  const gaps = await storage.listUsageGaps(0);
  await storage.close();
  return { gaps, tokens: usage.reduce((sum, { tokens }) => sum + tokens, 0) };
}

test("SQLite: a server that is killed under load leaves one gap with the right seconds; a clean stop leaves none", async () => {
  await using stage = await createSqliteStage({ writerCount: 1, seed: 1 });
  const held = await stage.addCredential();
  const url = `sqlite:${stage.dataDirectory}/authorization-server.db`;
  const client = createClient();
  let issued = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const server = await stage.start();
    const startedWith = (await readStore(url, held)).tokens;
    const load = startLoad(100, () => client.post(`${stage.site.publicUrl}/v1/oauth/token`, tokenRequest(held)));
    await sleep(2_000 + 300 * kill);
    await server.end("SIGKILL");
    const killedAt = Date.now() / 1000;
    const replies = (await load.stop()).filter(({ status }) => status === 200);
    expect(replies.length).toBeGreaterThan(100);
    issued += replies.length;

    const next = await stage.start();
    const restartedAt = Math.floor(Date.now() / 1000);
    const { gaps, tokens } = await readStore(url, held);
    expect(gaps).toHaveLength(kill);
    const { from = 0, until = 0, cause } = gaps.at(-1) ?? {};
    expect(cause).toBe("node ended");
    expect(from).toBeLessThanOrEqual(killedAt);
    expect(killedAt - from).toBeLessThanOrEqual(longestPauseSeconds);
    expect(until).toBeGreaterThanOrEqual(Math.floor(killedAt));
    expect(until).toBeLessThanOrEqual(restartedAt);
    // All that was answered before the gap is counted, and nothing that was not issued.
    const before = replies.filter(
      ({ sentAt, milliseconds }) => performance.timeOrigin + sentAt + milliseconds < from * 1000,
    );
    expect(tokens - startedWith).toBeGreaterThanOrEqual(before.length);
    expect(tokens - startedWith).toBeLessThanOrEqual(replies.length + 2);
    console.log(`killed: ${replies.length - (tokens - startedWith)} counts missing, gap of ${until - from} s`);
    expect(await next.end("SIGTERM")).toBe(0);
  }
  client.close();
  const server = await stage.start();
  await server.end("SIGTERM");
  const { gaps, tokens } = await readStore(url, held);
  expect(gaps).toHaveLength(kills);
  expect(tokens).toBeLessThanOrEqual(issued + 2 * kills);
}, 120_000);

test("PostgreSQL: of two nodes the one that is killed leaves a gap, once; the one that lives and the one that stops do not", async () => {
  const databaseUrl = await createPostgresDatabase();
  await using stage = await createClusterStage({ count: 3, databaseUrl, writerCount: 0, seed: 1 });
  const held = await stage.addCredential();
  const [killed, living, stopped] = stage.cluster.nodes;
  if (killed === undefined || living === undefined || stopped === undefined) throw new Error("three nodes are needed");
  const client = createClient();
  const ask = (url: string) => client.post(`${url}/v1/oauth/token`, tokenRequest(held));
  expect((await ask(killed.publicUrl)).status).toBe(200);
  await stopped.end("SIGTERM");
  await killed.end("SIGKILL");
  const killedAt = Math.floor(Date.now() / 1000);
  expect((await readStore(databaseUrl, held)).gaps).toEqual([]);

  // A node whose clock is a minute ahead takes the living one for silent, which then takes its mark back.
  const storage = await openStorage(databaseUrl);
  const startedAt = killedAt + 62;
  await storage.touchUsageNode({ nodeId: "ahead", startedAt, flushedAt: startedAt });
  await storage.endUsageNode("ahead");
  await storage.close();
  const load = startLoad(20, () => ask(living.publicUrl));
  await expect.poll(async () => (await readStore(databaseUrl, held)).gaps.length, { timeout: 20_000 }).toBe(1);
  await load.stop();
  client.close();
  const [gap] = (await readStore(databaseUrl, held)).gaps;
  expect(gap).toMatchObject({ until: startedAt, cause: "node ended" });
  expect(killedAt - (gap?.from ?? 0)).toBeLessThanOrEqual(15);
  await living.end("SIGTERM");
  expect((await readStore(databaseUrl, held)).gaps).toEqual([gap]);
}, 120_000);
