/** F-08: PostgreSQL crashes, stands still, throws everybody out, has no connection left, or locks a table. */

import { setTimeout as sleep } from "node:timers/promises";
import { createGuard } from "@biped/guard";
import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import pg from "pg";
import { expect } from "vitest";
import { connectPatiently, createPostgresDatabase } from "../postgres-database.ts";
import { type PostgresServer, startPostgresServer } from "../postgres-server.ts";
import { shortenCase, testProperty } from "../property.ts";
import { tokenRequest } from "../started-server.ts";
import { until } from "./cluster-node.ts";
import { type ClusterStage, createClusterStage, whileWriting } from "./cluster-stage.ts";
import { countStatuses, createClient, createIssue, p99Of, percentile, type Reply, startLoad } from "./token-load.ts";

const faultsBetweenChecks = 6;
/** What is promised, and how much later it may be on a machine that runs everything at once. */
const answerMilliseconds = { promised: 1_000, room: 1_000 };
const recoveryMilliseconds = { promised: 2_000, room: 2_000 };
const rememberedMilliseconds = 5_000;
/** From here on what is remembered is read again, so that it is never older when a fault begins. */
const renewedMilliseconds = 2_500;

const faults = [
  ...Array<FaultName>(shortenCase(7)).fill("crash"),
  ...Array<FaultName>(shortenCase(2)).fill("standstill"),
  ...Array<FaultName>(shortenCase(9)).fill("storm"),
  ...Array<FaultName>(shortenCase(6)).fill("no connection left"),
  ...Array<FaultName>(shortenCase(6)).fill("locked table"),
];

type FaultName = "crash" | "standstill" | "storm" | "no connection left" | "locked table";

/** @param database Its URL. @returns when PostgreSQL was as before. */
type Strike = (server: PostgresServer, database: string) => Promise<number>;

const strikes: Readonly<Record<FaultName, Strike>> = {
  crash: async (server) => {
    await server.crash();
    await sleep(1_000);
    server.restart();
    const client = await connectPatiently(server.url);
    await client.end();
    return performance.now();
  },
  standstill: async (server) => {
    server.signal("SIGSTOP");
    await sleep(10_000);
    server.signal("SIGCONT");
    return performance.now();
  },
  storm: async (server, database) => {
    const client = await connectPatiently(server.url);
    const text = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    for (const end = performance.now() + 1_500; performance.now() < end; await sleep(20)) {
      await client.query(text, [new URL(database).pathname.slice(1)]);
    }
    await client.end();
    return performance.now();
  },
  "no connection left": async (server) => {
    const clients: pg.Client[] = [];
    for (const end = performance.now() + 2_000; performance.now() < end; ) {
      const client = new pg.Client({ connectionString: server.url });
      client.on("error", () => {});
      const isIn = await client.connect().then(
        () => true,
        () => false,
      );
      if (isIn) clients.push(client);
      else await sleep(20);
    }
    await Promise.all(clients.map((client) => client.end()));
    return performance.now();
  },
  "locked table": async (_server, database) => {
    const client = await connectPatiently(database);
    await client.query("begin");
    await client.query("lock table credential in access exclusive mode");
    await sleep(5_000);
    await client.query("commit");
    await client.end();
    return performance.now();
  },
};

type Fault = {
  readonly name: FaultName;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds from then until every node asked the store again. */
  readonly backAfter: number;
};

testProperty(
  `F-08, I1 to I6: over ${faults.length} faults of PostgreSQL three nodes answer within a second, come back within two, and lose nothing`,
  1,
  fc.asyncProperty(
    fc.noShrink(fc.record({ seed: fc.integer(), order: fc.shuffledSubarray(faults, { minLength: faults.length }) })),
    async ({ seed, order }) => {
      await using surroundings = new AsyncDisposableStack();
      const server = await startPostgresServer(["max_connections=60"]);
      surroundings.defer(server.stop);
      const databaseUrl = await createPostgresDatabase(server.url);
      const settings = { BIPED_SIGNING_ALG: "Ed25519" };
      const stage = await createClusterStage({ count: 3, databaseUrl, settings, writerCount: 4, seed });
      surroundings.use(stage);
      const load = await startLoads(stage);
      await sleep(1_000);
      const struck: Fault[] = [];
      for (let at = 0; at < order.length; at += faultsBetweenChecks) {
        const next = order.slice(at, at + faultsBetweenChecks);
        struck.push(...(await whileWriting(stage, () => strikeAll(stage, { server, load }, next))));
        await stage.check("check");
      }
      await Promise.all(stage.writers.map((writer) => writer.settle()));
      await stage.check("checkAll");
      const served = await load.stop();
      report(stage, struck, served);
      expectServed(stage, struck, served);
    },
  ),
);

type Loads = Awaited<ReturnType<typeof startLoads>>;
type Served = Awaited<ReturnType<Loads["stop"]>>;

/** At each node a credential that it remembers, and requests for which it has to ask; and a guard beside them. */
async function startLoads({ cluster, addCredential, endpoint }: ClusterStage) {
  const client = createClient();
  const held = await addCredential();
  // Not owned: before that is refused, the store is asked.
  const askCold = (url: string): Promise<Reply> =>
    client.post(`${url}/v1/oauth/token`, tokenRequest(held, { scope: "symbolicator" }));
  const urls = cluster.nodes.map(({ publicUrl }) => publicUrl);
  const cold = urls.map((url) => startLoad(10, () => askCold(url)));
  const warm = urls.map((url) => startLoad(10, createIssue(client, url, [held])));
  const issued = await client.post(`${cluster.issuer}/v1/oauth/token`, tokenRequest(held));
  const guarded = startGuard({ issuer: cluster.issuer, endpoint, token: JSON.parse(issued.text).access_token });
  return {
    askCold,
    stop: async () => {
      const all = async (loads: typeof cold) => (await Promise.all(loads.map((load) => load.stop()))).flat();
      const replies = { cold: await all(cold), warm: await all(warm) };
      client.close();
      return { ...replies, ...guarded.stop() };
    },
  };
}

type Guarded = { readonly issuer: string; readonly endpoint: string; readonly token: string };

/** Judges one token all the time. */
function startGuard({ issuer, endpoint, token }: Guarded) {
  const guard = createGuard({ issuer, endpoint, mode: "sandbox" });
  const refusals: string[] = [];
  let judged = 0;
  const timer = setInterval(async () => {
    const verdict = await guard.verify(token);
    judged += 1;
    if (isRefusal(verdict)) refusals.push(verdict.code);
  }, 20);
  return {
    stop: () => {
      clearInterval(timer);
      guard.close();
      return { judged, refusals };
    },
  };
}

type Struck = { readonly server: PostgresServer; readonly load: Loads };

async function strikeAll({ cluster, whileCut }: ClusterStage, { server, load }: Struck, names: readonly FaultName[]) {
  const struck: Fault[] = [];
  for (const name of names) {
    const startedAt = performance.now();
    const endedAt = await whileCut(async () => {
      const end = await strikes[name](server, cluster.databaseUrl);
      await until("every node asks the store again", async () => {
        const answers = await Promise.all(cluster.nodes.map((node) => load.askCold(node.publicUrl)));
        return answers.every(({ status }) => status === 400);
      });
      return end;
    });
    struck.push({ name, startedAt, endedAt, backAfter: performance.now() - endedAt });
    // What is remembered is as young as it is when nothing has happened.
    await sleep(300);
  }
  return struck;
}

function report(
  { journal, judge, cluster }: ClusterStage,
  struck: readonly Fault[],
  { cold, warm, judged }: Served,
): void {
  for (const name of new Set(struck.map((fault) => fault.name))) {
    const these = struck.filter((fault) => fault.name === name);
    const within = (replies: readonly Reply[]) =>
      replies.filter(({ sentAt }) => these.some(({ startedAt, endedAt }) => sentAt >= startedAt && sentAt < endedAt));
    const back = percentile(
      these.map(({ backAfter }) => backAfter),
      1,
    ).toFixed(0);
    const asked = `cold ${JSON.stringify(countStatuses(within(cold)))}, p99 ${p99Of(within(cold)).toFixed(0)} ms`;
    const remembered = `warm ${JSON.stringify(countStatuses(within(warm)))}, p99 ${p99Of(within(warm)).toFixed(0)} ms`;
    console.log(`${these.length} × ${name}: ${asked}; ${remembered}; back after ${back} ms at most`);
  }
  const changes = `${journal.count()} acknowledged changes, ${judge.count()} tokens judged`;
  console.log(
    `${changes}, ${judged} verdicts of a guard, ${cluster.admin.countFailures()} requests lost by the balancer`,
  );
}

function expectServed(
  { cluster }: ClusterStage,
  struck: readonly Fault[],
  { cold, warm, judged, refusals }: Served,
): void {
  expect([judged > 1_000, refusals]).toEqual([true, []]);
  expect(cluster.nodes.map((node) => [node.countExits(), node.isRunning()])).toEqual(Array(3).fill([0, true]));
  // No broken connection, no 500, and nobody is told that a good credential is a wrong one.
  expect(Object.keys(countStatuses(cold))).toEqual(["400", "503"]);
  expect(Object.keys(countStatuses(warm))).toEqual(["200", "503"]);
  const refused = [...cold, ...warm].filter(({ status }) => status === 503);
  expect(p99Of(refused)).toBeLessThan(answerMilliseconds.promised + answerMilliseconds.room);
  const slowest = Math.max(...struck.map(({ backAfter }) => backAfter));
  expect(slowest).toBeLessThan(recoveryMilliseconds.promised + recoveryMilliseconds.room);
  for (const { startedAt } of struck.filter(({ name }) => name === "standstill")) {
    const between = (from: number, to: number) =>
      countStatuses(warm.filter(({ sentAt }) => sentAt > startedAt + from && sentAt < startedAt + to));
    expect(Object.keys(between(0, rememberedMilliseconds - renewedMilliseconds - 200))).toEqual(["200"]);
    // Whoever asks in the last second may still be waiting when PostgreSQL goes on.
    expect(Object.keys(between(rememberedMilliseconds + 300, 8_900))).toEqual(["503"]);
  }
}
