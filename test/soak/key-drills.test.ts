/** K-06: the drill of a stolen signing key, with the command that people run, on three nodes and five guards. */

import { createServer } from "node:http";
import { createGuard } from "@biped/guard";
import { expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { readCasesFactor } from "../property.ts";
import { createCommandPlace, runThroughPipe } from "../pseudo-terminal.ts";
import { startCluster } from "./cluster.ts";
import { createClusterWorld } from "./cluster-world.ts";
import { countStatuses, createClient, createIssue, percentile, startLoad } from "./token-load.ts";

const factor = readCasesFactor();
const drills = 5 * factor;
const limitMilliseconds = 10_000;

test(`K-06: ${drills} drills under load: the last of five guards refuses within 10 s at p99, and issuing never stops`, {
  timeout: factor * 300_000,
}, async () => {
  await using cluster = await startCluster({ count: 3, databaseUrl: await createPostgresDatabase() });
  const { facts, owner } = await createClusterWorld(cluster);
  const apis = await Promise.all(Array.from({ length: 5 }, () => startApi(cluster.issuer)));
  const place = await createCommandPlace();
  const client = createClient();
  const load = startLoad(20, createIssue(client, cluster.issuer, [facts.project]));
  const env = {
    ...place.env,
    BIPED_ADMIN_URL: cluster.admin.url,
    BIPED_ADMIN_TOKEN: owner.authorization?.replace("Bearer ", "") ?? "",
    BIPED_AUTH_URL: cluster.issuer,
    BIPED_CLIENT_ID: facts.project.clientId,
    BIPED_CLIENT_SECRET: facts.project.clientSecret,
  };
  const places = [
    ...cluster.nodes.flatMap(({ publicUrl }) => ["--node", publicUrl]),
    ...apis.flatMap(({ url }) => ["--api", url]),
  ];
  const args = [
    "admin",
    "signing-keys",
    "drill",
    ...places,
    "--allowed-hosts",
    "example.com",
    "--scope",
    "data-export",
  ];
  const times: Record<string, number[]> = {};
  for (let drill = 0; drill < drills; drill += 1) {
    const { exitCode, stdout, stderr } = await runThroughPipe([...args, "--yes", "--json"], { env });
    expect([exitCode, exitCode === 0 ? "" : `${stdout}${stderr}`]).toEqual([0, ""]);
    const { steps } = JSON.parse(stdout) as { steps: readonly { what: string; milliseconds: number }[] };
    expect(steps.length).toBe(1 + 2 * cluster.nodes.length + 2 * apis.length);
    for (const { what, milliseconds } of steps) times[what] = [...(times[what] ?? []), milliseconds];
  }
  const replies = await load.stop();
  client.close();
  for (const api of apis) api.close();
  await place.remove();
  for (const [what, measured] of Object.entries(times)) {
    console.log(`${what}: p50 ${percentile(measured, 0.5)} ms, p99 ${percentile(measured, 0.99)} ms`);
  }
  expect(percentile(times["refuses the former key's token"] ?? [], 0.99)).toBeLessThanOrEqual(limitMilliseconds);
  expect(countStatuses(replies)).toEqual({ 200: replies.length });
});

/** A guarded API that answers 200 to whom the guard lets in. */
async function startApi(issuer: string) {
  const guard = createGuard({ issuer, endpoint: "https://api.eu-west-1.example.com", mode: "sandbox" });
  const server = createServer(async ({ headers: { authorization = "" } }, response) => {
    const outcome = await guard.authorize({ authorization: [authorization], query: "" }, { scopes: ["data-export"] });
    response.writeHead("refused" in outcome ? outcome.status : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close: () => {
      server.close();
      guard.close();
    },
  };
}
