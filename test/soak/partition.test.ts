/** F-11: things are taken back while nodes and guards are cut from what would tell them (R-20, R-65). */

import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { readSeed, scaleCases, scaleTimeout } from "../property.ts";
import { createRandom } from "../simulated-services.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type ClusterWorld, createClusterWorld, withFurtherNode } from "./cluster-world.ts";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { createGuardBench, readToken } from "./guard-bench.ts";
import { createVictims, type Kind, kinds, type Victim, ways } from "./revocation-ways.ts";
import { graceMilliseconds, type Place, type RevocationStage, takeBack, voidKey } from "./taking-back.ts";
import { countStatuses, createClient, createIssue, percentile, type Reply, startLoad } from "./token-load.ts";

const endpoint = "https://api.eu-west-1.example.com";
const refusedMilliseconds = 10_000;
const revocationsPerSecond = 7;
/** With the key at the end of each phase, a thousand in all. */
const perPhase: Readonly<Record<Kind, number>> = { token: 64, secret: 55, credential: 50, project: 18, account: 12 };

type Phase = Place & {
  /** @returns what ends it. */
  readonly begin: (run: Run) => () => Promise<void>;
  /** A guard that hears of nothing does not hear of a new key either, so that none is made meanwhile. */
  readonly isOverBeforeKey: boolean;
};

const phases: readonly Phase[] = [
  { name: "nothing", isCut: false, isOverBeforeKey: false, begin: () => async () => {} },
  {
    name: "LISTEN cut",
    isCut: false,
    isOverBeforeKey: false,
    begin: ({ cluster, stores: [, second, third] }) => {
      second?.setFault({ kind: "no notifications" });
      third?.setFault({ kind: "no notifications" });
      return repeat(2_000, 0, async (isOn) => {
        if (isOn) await endListening(cluster.databaseUrl);
        else for (const store of [second, third]) store?.setFault({ kind: "none" });
      });
    },
  },
  {
    name: "a node cut from PostgreSQL",
    isCut: true,
    isOverBeforeKey: false,
    begin: (run) =>
      repeat(8_000, 4_000, async (isOn) => {
        run.stores[2]?.setFault({ kind: isOn ? "black hole" : "none" });
        if (isOn) run.cuts.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
        const cut = run.cuts.at(-1);
        if (!isOn && cut?.to === Number.POSITIVE_INFINITY) cut.to = performance.now();
      }),
  },
  {
    name: "NOTIFY 3 s late",
    isCut: false,
    isOverBeforeKey: false,
    begin: ({ stores: [, ...others] }) => {
      for (const store of others) store.setFault({ kind: "late notifications", milliseconds: 3_000 });
      return async () => {
        for (const store of others) store.setFault({ kind: "none" });
      };
    },
  },
  {
    name: "two guards cut from the nodes",
    isCut: false,
    isOverBeforeKey: true,
    begin: ({ bench }) =>
      repeat(6_000, 5_000, async (isOn) => {
        for (const { way } of bench.guards.slice(-2)) way.setFault({ kind: isOn ? "black hole" : "none" });
      }),
  },
];

const revocationCount =
  phases.length * (1 + Object.values(perPhase).reduce((sum, count) => sum + scaleCases(count), 0));

type Run = RevocationStage & {
  /** Between each node and PostgreSQL. */
  readonly stores: readonly FaultProxy[];
  /** When the last node was cut off. */
  readonly cuts: { readonly from: number; to: number }[];
  /** Where something was accepted after it had been refused. */
  readonly returns: string[];
};

test(`F-11: ${revocationCount} things taken back under partition: no token later than a second, and all guards refuse within 10 s at p99`, {
  timeout: scaleTimeout(480_000),
}, async () => {
  const seed = readSeed() ?? randomInt(0x7fffffff);
  console.log(`replay with: BIPED_SEED=${seed} npm run soak -- test/soak/partition.test.ts`);
  const databaseUrl = await createPostgresDatabase();
  const stores = await Promise.all([0, 1, 2].map(() => createFaultProxy(databaseUrl)));
  await using surroundings = new AsyncDisposableStack();
  for (const { stop } of stores) surroundings.defer(stop);
  const cluster = surroundings.use(
    await startCluster({
      count: 3,
      databaseUrl,
      databaseUrlOf: (index) => stores[index]?.url ?? "",
      settings: { BIPED_SIGNING_ALG: "Ed25519" },
    }),
  );
  const world = await createClusterWorld(cluster);
  const victims = await createAllVictims(cluster, world, seed);
  const bench = await createGuardBench({ issuer: cluster.issuer, endpoint, open: 4, closed: 1 });
  surroundings.defer(bench.stop);
  const client = createClient();
  surroundings.defer(async () => client.close());
  const run: Run = {
    ...{ cluster, world, stores, bench, client },
    ...{ cuts: [], violations: [], refusals: new Map(), lags: new Map(), returns: [], retries: [] },
  };
  const issue = createIssue(client, cluster.issuer, [world.facts.project]);
  await bench.untilAccepted(readToken(await issue(0)).token);
  const load = startLoad(60, async (count) => {
    const reply = await issue(count);
    await bench.judgeGood(reply);
    return reply;
  });
  const atCutNode = startLoad(10, createIssue(client, cluster.nodes[2]?.publicUrl ?? "", [world.facts.project]));
  const startedAt = performance.now();
  for (const [at, phase] of phases.entries()) await runPhase(run, phase, victims[at] ?? []);
  const seconds = (performance.now() - startedAt) / 1000;
  const replies = await load.stop();
  report(run, { seconds, replies, cutReplies: await atCutNode.stop() });
});

async function createAllVictims(cluster: Cluster, { facts }: ClusterWorld, seed: number) {
  const random = createRandom(seed);
  const wanted = phases.map(() =>
    shuffle(
      kinds.flatMap((kind) => Array<Kind>(scaleCases(perPhase[kind])).fill(kind)),
      random,
    ),
  );
  const place = { accountId: facts.first.id, cloud: "aws-eu-west-1" };
  const all = await withFurtherNode(cluster, (server) => createVictims(server, place, wanted.flat()));
  return wanted.map(({ length }, at) => all.slice(at * length, (at + 1) * length));
}

function shuffle<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

async function runPhase(run: Run, phase: Phase, victims: readonly Victim[]): Promise<void> {
  const end = phase.begin(run);
  const { length: retriesBefore } = run.retries;
  const startedAt = performance.now();
  const turns = new Map<Kind, number>();
  const tokens: string[] = [];
  const ongoing = victims.map(async (victim, at) => {
    const possible = ways.filter(({ kind }) => kind === victim.kind);
    const turn = turns.get(victim.kind) ?? 0;
    turns.set(victim.kind, turn + 1);
    const way = possible[turn % possible.length];
    if (way === undefined) return;
    await sleep(Math.max(0, startedAt + (at * 1000) / revocationsPerSecond - performance.now()));
    tokens.push(await takeBack(run, phase, { victim, way }));
  });
  await Promise.all(ongoing);
  for (const token of tokens) if (await run.bench.isAccepted(token)) run.returns.push(phase.name);
  if (phase.isOverBeforeKey) await end();
  await voidKey(run, phase);
  if (!phase.isOverBeforeKey) await end();
  console.log(`${phase.name}: the node that is well answered 503 ${run.retries.length - retriesBefore} times`);
  // So that the next phase begins with nodes and guards that have heard of everything.
  await sleep(2_000);
}

/** On and off in turn, beginning with on. @returns what ends it, which is off. */
function repeat(onMilliseconds: number, offMilliseconds: number, set: (isOn: boolean) => Promise<void>) {
  const ending = new AbortController();
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal: ending.signal }).catch(() => {});
  const going = (async () => {
    while (!ending.signal.aborted) {
      await set(true);
      await pause(onMilliseconds);
      if (offMilliseconds === 0) continue;
      await set(false);
      await pause(offMilliseconds);
    }
    await set(false);
  })();
  return async (): Promise<void> => {
    ending.abort();
    await going;
  };
}

async function endListening(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'biped listening' and datname = current_database()",
  );
  await client.end();
}

type Served = { readonly seconds: number; readonly replies: readonly Reply[]; readonly cutReplies: readonly Reply[] };

const formatTimes = (values: readonly number[]): string =>
  [0.5, 0.99, 1]
    .map((part) => `${part === 1 ? "max" : `p${part * 100}`} ${percentile(values, part).toFixed(0)} ms`)
    .join(", ");

function report(run: Run, { seconds, replies, cutReplies }: Served): void {
  const { refusals, lags, bench, violations, returns, cuts } = run;
  const all = [...refusals.values()].flat();
  for (const [name, values] of refusals) console.log(`${name}: refused ${formatTimes(values)} (${values.length})`);
  for (const kind of [...kinds, "key"]) {
    const values = [...refusals].filter(([name]) => name.endsWith(`, ${kind}`)).flatMap(([, each]) => each);
    console.log(`${kind}: refused ${formatTimes(values)}`);
  }
  for (const [name, values] of lags)
    console.log(`${name}: still issued after the acknowledgement ${formatTimes(values)}`);
  console.log(`all: refused ${formatTimes(all)}`);
  const rate = (replies.length + cutReplies.length + bench.countVerdicts()) / seconds;
  console.log(
    `${all.length / 5} revocations in ${seconds.toFixed(0)} s, ${rate.toFixed(0)} requests and verdicts a second beside them; load ${JSON.stringify(countStatuses(replies))}, at the node that is cut ${JSON.stringify(countStatuses(cutReplies))}`,
  );
  expect([violations.length, violations.slice(0, 10)]).toEqual([0, []]);
  expect(returns).toEqual([]);
  expect([bench.violations.length, bench.violations.slice(0, 10)]).toEqual([0, []]);
  expect(all.length).toBe(5 * revocationCount);
  expect(percentile(all, 0.99)).toBeLessThanOrEqual(refusedMilliseconds);
  // Whoever was still waiting when the store came back may well have got a token.
  const afterMemory = cutReplies.filter(({ sentAt, milliseconds }) =>
    cuts.some(({ from, to }) => sentAt > from + graceMilliseconds.cut && sentAt + milliseconds < to),
  );
  expect([afterMemory.length > 0, countStatuses(afterMemory)]).toEqual([true, { 503: afterMemory.length }]);
  expect(Object.keys(countStatuses(replies)).filter((status) => status !== "200" && status !== "503")).toEqual([]);
}
