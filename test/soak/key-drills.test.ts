/** K-06: the drill of a stolen signing key on three nodes and five guards, now and then with the command. */

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { Guard } from "@biped/guard";
import { expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { scaleCases } from "../property.ts";
import { createCommandPlace, runThroughPipe } from "../pseudo-terminal.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type ClusterWorld, createClusterWorld } from "./cluster-world.ts";
import { createGuardBench, type GuardBench, readToken } from "./guard-bench.ts";
import { countStatuses, createClient, createIssue, p99Of, percentile, type Reply, startLoad } from "./token-load.ts";

const drills = scaleCases(50);
/** Each so many is done as people do it; the others ask the same of the management API, which takes less time. */
const drillsPerCommand = 10;
const limitMilliseconds = 10_000;
const endpoint = "https://api.eu-west-1.example.com";

/** Milliseconds from when it was asked for, by what then is so. */
type Times = Record<string, readonly number[]>;

test(`K-06: ${drills} drills under load: the last of five guards refuses within 10 s at p99, and issuing never stops`, {
  timeout: 120_000 + drills * 12_000,
}, async () => {
  const settings = { BIPED_SIGNING_ALG: "Ed25519" };
  await using surroundings = new AsyncDisposableStack();
  const databaseUrl = await createPostgresDatabase();
  const cluster = surroundings.use(await startCluster({ count: 3, databaseUrl, settings }));
  const world = await createClusterWorld(cluster);
  const bench = await createGuardBench({ issuer: cluster.issuer, endpoint, open: 5, closed: 0 });
  surroundings.defer(bench.stop);
  const client = createClient();
  surroundings.defer(async () => client.close());
  const issue = createIssue(client, cluster.issuer, [world.facts.project]);
  await bench.untilAccepted(readToken(await issue(0)).token);
  const load = startLoad(30, async (count) => {
    const reply = await issue(count);
    await bench.judgeGood(reply);
    return reply;
  });
  const command = surroundings.use(await createDrillCommand({ cluster, world, bench }));
  const measured: Times[] = [];
  for (let drill = 0; drill < drills; drill += 1) {
    const { token, kid } = readToken(await issue(0));
    await bench.untilAccepted(token);
    bench.voided.add(kid);
    const isByCommand = drill % drillsPerCommand === 0;
    measured.push(isByCommand ? await command.run() : await drillBy(cluster, world, { bench, token, kid }));
    await bench.untilAccepted(readToken(await issue(0)).token);
  }
  report(measured, await load.stop(), bench);
});

type Stage = { readonly cluster: Cluster; readonly world: ClusterWorld; readonly bench: GuardBench };
type Drilled = { readonly bench: GuardBench; readonly token: string; readonly kid: string };

async function drillBy({ admin }: Cluster, { owner }: ClusterWorld, { bench, token, kid }: Drilled): Promise<Times> {
  const startedAt = performance.now();
  const answer = await fetch(`${admin.url}/api/signing-keys/${kid}/compromise`, {
    method: "POST",
    headers: { ...owner, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: "{}",
  });
  expect([answer.status, answer.status === 200 ? "" : await answer.text()]).toEqual([200, ""]);
  const acknowledges = performance.now() - startedAt;
  return {
    acknowledges: [acknowledges],
    "refuses the former key's token": await bench.untilRefused(token, startedAt),
  };
}

/** `biped admin signing-keys drill`, for which each guard stands before an API. */
async function createDrillCommand({ cluster, world, bench }: Stage) {
  const apis = await Promise.all(bench.guards.map(({ guard }) => startApi(guard)));
  const place = await createCommandPlace();
  const env = {
    ...place.env,
    BIPED_ADMIN_URL: cluster.admin.url,
    BIPED_ADMIN_TOKEN: world.owner.authorization?.replace("Bearer ", "") ?? "",
    BIPED_AUTH_URL: cluster.issuer,
    BIPED_CLIENT_ID: world.facts.project.clientId,
    BIPED_CLIENT_SECRET: world.facts.project.clientSecret,
  };
  const places = [
    ...cluster.nodes.flatMap(({ publicUrl }) => ["--node", publicUrl]),
    ...apis.flatMap(({ url }) => ["--api", url]),
  ];
  const ofCredential = ["--allowed-hosts", "example.com", "--scope", "data-export"];
  const args = ["admin", "signing-keys", "drill", ...places, ...ofCredential, "--yes", "--json"];
  return {
    run: async (): Promise<Times> => {
      const { exitCode, stdout, stderr } = await runThroughPipe(args, { env });
      expect([exitCode, exitCode === 0 ? "" : `${stdout}${stderr}`]).toEqual([0, ""]);
      const { steps } = JSON.parse(stdout) as { steps: readonly { what: string; milliseconds: number }[] };
      expect(steps.length).toBe(1 + 2 * cluster.nodes.length + 2 * apis.length);
      const times: Record<string, number[]> = {};
      for (const { what, milliseconds } of steps) times[what] = [...(times[what] ?? []), milliseconds];
      return times;
    },
    [Symbol.asyncDispose]: async () => {
      for (const api of apis) api.close();
      await place.remove();
    },
  };
}

/** A guarded API that answers 200 to whom the guard lets in. */
async function startApi(guard: Guard) {
  const server = createServer(async ({ headers: { authorization = "" } }, response) => {
    const outcome = await guard.authorize({ authorization: [authorization], query: "" }, { scopes: ["data-export"] });
    response.writeHead("refused" in outcome ? outcome.status : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function report(measured: readonly Times[], replies: readonly Reply[], bench: GuardBench): void {
  for (const what of new Set(measured.flatMap((times) => Object.keys(times)))) {
    const all = measured.flatMap((times) => times[what] ?? []);
    const [half, most, longest] = [0.5, 0.99, 1].map((part) => percentile(all, part).toFixed(0));
    console.log(`${what}: p50 ${half} ms, p99 ${most} ms, max ${longest} ms (${all.length})`);
  }
  const arrivals = replies.map(({ sentAt, milliseconds }) => sentAt + milliseconds).toSorted((a, b) => a - b);
  const pause = Math.max(...arrivals.map((at, index) => at - (arrivals[index - 1] ?? at)));
  console.log(
    `${replies.length} tokens, p99 ${p99Of(replies).toFixed(0)} ms, longest pause ${pause.toFixed(0)} ms; ${bench.countVerdicts()} verdicts`,
  );
  const last = measured.map((times) => Math.max(...(times["refuses the former key's token"] ?? [])));
  expect(percentile(last, 0.99)).toBeLessThanOrEqual(limitMilliseconds);
  expect([bench.violations.length, bench.violations.slice(0, 10)]).toEqual([0, []]);
  expect(countStatuses(replies)).toEqual({ 200: replies.length });
}
