/** F-01: the server is killed while four programs change credentials over the management API, and started again. */

import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect } from "vitest";
import { shortenCase, testProperty } from "../property.ts";
import type { ServerProcess } from "./server-process.ts";
import { createSqliteStage, type SqliteStage } from "./sqlite-stage.ts";

/** What is promised is 2 s at the 99th percentile, on a machine that does nothing else. */
const readyMilliseconds = 2_000;
const room = 4;

const killCount = shortenCase(150);

const kills = fc.noShrink(
  fc.noBias(
    fc.record({
      /** After the server is ready. */
      delaysMilliseconds: fc.array(fc.nat(400), { minLength: killCount, maxLength: killCount, size: "max" }),
      seed: fc.integer(),
    }),
  ),
);

testProperty(
  `F-01, I1 to I6: of a server on SQLite, killed at ${killCount} random moments, no acknowledged change is lost`,
  1,
  fc.asyncProperty(kills, async ({ delaysMilliseconds, seed }) => {
    await using stage = await createSqliteStage({ writerCount: 4, seed });
    const starts: ServerProcess[] = [];
    for (const delay of delaysMilliseconds) {
      const server = await stage.start();
      starts.push(server);
      await stage.check("check");
      await killWhileWriting(stage, server, delay);
    }
    const last = await stage.start();
    await Promise.all(stage.writers.map((writer) => writer.settle()));
    await stage.check("checkAll");
    expect(await last.end("SIGTERM")).toBe(0);
    report(stage, [...starts.slice(1), last]);
  }),
);

async function killWhileWriting({ writers }: SqliteStage, server: ServerProcess, delay: number): Promise<void> {
  const stop = new AbortController();
  const writing = Promise.all(writers.map((writer) => writer.run(stop.signal)));
  await Promise.race([sleep(delay), writing]);
  const ended = server.end("SIGKILL");
  stop.abort();
  expect(await ended).toBe("SIGKILL");
  await writing;
  expect(server.output()).not.toMatch(/"level":"(?:error|fatal)"|unhandled/i);
}

function report({ journal, judge }: SqliteStage, restarts: readonly ServerProcess[]): void {
  const sorted = restarts.map((restart) => restart.readyMilliseconds).toSorted((left, right) => left - right);
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  const ready = `ready after ${at(0.5)} ms (median), ${at(0.99)} ms (99th percentile)`;
  console.log(
    `${sorted.length} kills: ${journal.count()} acknowledged changes, ${judge.count()} tokens judged, ${ready}`,
  );
  expect(at(0.99)).toBeLessThan(room * readyMilliseconds);
}
