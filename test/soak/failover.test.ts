/** F-09: PostgreSQL with a synchronous standby, which takes over when every process of the primary is killed. */

import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect } from "vitest";
import { connectPatiently, createPostgresDatabase } from "../postgres-database.ts";
import { type PostgresServer, startPostgresServer } from "../postgres-server.ts";
import { testProperty } from "../property.ts";
import { until } from "./cluster-node.ts";
import { type ClusterStage, createClusterStage, whileWriting } from "./cluster-stage.ts";
import { createPrimarySwitch, promote, startStandby, waitUntilAway } from "./standby.ts";

/** What is promised, from the kill to the first change that is acknowledged again. */
const backMilliseconds = 10_000;
const standstillMilliseconds = 4_000;

testProperty(
  "F-09, I1 to I6: a standby that takes over has every acknowledged change; without one, none is acknowledged",
  1,
  fc.asyncProperty(fc.noShrink(fc.record({ seed: fc.integer(), delay: fc.nat(2_000) })), async ({ seed, delay }) => {
    await using surroundings = new AsyncDisposableStack();
    const primary = await startPostgresServer([]);
    surroundings.defer(primary.stop);
    const databaseUrl = await createPostgresDatabase(primary.url);
    const standby = await startStandby(primary);
    surroundings.defer(standby.stop);
    const way = await createPrimarySwitch(databaseUrl);
    surroundings.defer(way.stop);
    const stage = await createClusterStage({ count: 2, databaseUrl: way.url, writerCount: 8, seed });
    surroundings.use(stage);
    const back = await whileWriting(stage, async () => {
      await sleep(2_000);
      await expectNoneWithout(standby, stage);
      await sleep(2_000 + delay);
      const killedAt = performance.now();
      await stage.whileCut(async () => {
        await primary.kill();
        await waitUntilAway(primary);
        await promote(standby);
        way.pointTo(standby);
        await until("changes are acknowledged again", growing(stage));
      });
      const milliseconds = performance.now() - killedAt;
      await sleep(2_000);
      return milliseconds;
    });
    await Promise.all(stage.writers.map((writer) => writer.settle()));
    await stage.check("checkAll");
    for (const node of stage.cluster.nodes) expect(node.countExits()).toBe(0);
    await expectFenced(primary);
    const count = `${stage.journal.count()} acknowledged changes, ${stage.judge.count()} tokens judged`;
    console.log(`${count}, none lost; changes again ${back.toFixed(0)} ms after the kill`);
    expect(back).toBeLessThan(backMilliseconds);
  }),
);

function growing({ journal }: ClusterStage): () => boolean {
  const before = journal.count();
  return () => journal.count() > before;
}

/** Neither a change nor the same one again with its Idempotency-Key, for as long as the standby says nothing. */
async function expectNoneWithout(standby: PostgresServer, stage: ClusterStage): Promise<void> {
  standby.signal("SIGSTOP");
  // What it had said by then is under way.
  await sleep(300);
  const isGrowing = growing(stage);
  await sleep(standstillMilliseconds);
  const hasGrown = isGrowing();
  standby.signal("SIGCONT");
  expect(hasGrown).toBe(false);
  await until("changes go on", isGrowing);
}

/** Started again it takes itself for the primary, and waits for a standby that has left it. */
async function expectFenced(former: PostgresServer): Promise<void> {
  former.restart();
  const client = await connectPatiently(former.url);
  const written = client.query("create table of_a_former_primary ()").catch(() => {});
  const acknowledged = await Promise.race([written.then(() => true), sleep(standstillMilliseconds, false)]);
  expect(acknowledged).toBe(false);
  void client.end();
}
