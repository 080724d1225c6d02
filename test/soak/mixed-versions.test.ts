/** F-12: nodes of this version and of the one before serve the same store, and one takes the place of the other. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrateStorage } from "@biped/authorization-server";
import { createGuard } from "@biped/guard";
import { isRefusal } from "@biped/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { type HeldCredential, post, tokenRequest } from "../started-server.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type ClusterNode, currentMain, until } from "./cluster-node.ts";
import { createClusterWorld } from "./cluster-world.ts";
import { hasFormerVersion, unpackFormerVersion } from "./former-version.ts";
import { countStatuses, createClient, createIssue, startLoad } from "./token-load.ts";

const hasHistory = hasFormerVersion();
if (!hasHistory) console.log("No mixed versions are tried: this checkout does not hold the version before.");

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-former-"));
});
afterAll(() => rm(directory, { recursive: true }));

const endpoint = "https://api.mixed.example.com";

test.runIf(hasHistory)(
  "F-12: three nodes of the version before, migrated and replaced one by one under load: no request fails, and a new node's feed has what an old one revoked",
  { timeout: 180_000 },
  async () => {
    const main = unpackFormerVersion(directory);
    await using cluster = await startCluster({ count: 3, databaseUrl: await createPostgresDatabase(), main });
    const client = createClient();
    const held = await createHeld(cluster);
    const load = startLoad(50, createIssue(client, cluster.issuer, [held]));
    await sleep(1_000);
    expect(await migrateStorage(cluster.databaseUrl)).not.toEqual([]);
    await sleep(1_000);

    const [first, second, third] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    await replace(cluster, first);
    const guarded = await startGuard(cluster, held);
    await checkRevocation(cluster, { by: third, heardFrom: first });
    await replace(cluster, second);
    await replace(cluster, third);

    const replies = await load.stop();
    client.close();
    const { judged, refusals } = guarded.stop();
    console.log(`${replies.length} requests, ${judged} verdicts of a guard beside them`);
    expect(countStatuses(replies)).toEqual({ 200: replies.length });
    expect(refusals).toEqual([]);
    for (const node of cluster.nodes) {
      expect([node.countExits(), node.readLog().includes('"level":"error"')]).toEqual([0, false]);
    }
  },
);

/** By the commands of the version before. */
async function createHeld({ command }: Cluster): Promise<HeldCredential> {
  const { id } = await command("create", "account", "--name", "Mixed");
  const account = ["--account", String(id)];
  await command("create", "cloud", "--name", "mixed", "--endpoint", endpoint);
  await command("create", "project", ...account, "--cloud", "mixed", "--id", "7", "--name", "MIXED");
  const names = ["--project", "7", "--name", "Load", "--scopes", "data-export"];
  const { credential, clientSecret } = await command("create", "credential", ...account, ...names);
  return { clientId: credential.clientId, clientSecret };
}

/** The version before cannot say for long enough that it is going, so it is taken out of the balancers first. */
async function replace({ public: outer, admin }: Cluster, node: ClusterNode): Promise<void> {
  outer.takeOut(node.publicUrl);
  admin.takeOut(node.adminUrl);
  await sleep(200);
  expect((await node.end("SIGTERM")).status).toBe(0);
  await node.start(currentMain);
  outer.putBack(node.publicUrl);
  admin.putBack(node.adminUrl);
  await until("the node is in the balancer", () => outer.listReady().includes(node.publicUrl));
}

async function issue(url: string, held: HeldCredential): Promise<string | undefined> {
  return (await post(`${url}/v1/oauth/token`, tokenRequest(held))).body.access_token;
}

/** Reads the issuer's documents through the balancer, from whichever version answers. */
async function startGuard({ issuer }: Cluster, held: HeldCredential) {
  const guard = createGuard({ issuer, endpoint, mode: "sandbox" });
  const refusals: string[] = [];
  let judged = 0;
  const timer = setInterval(async () => {
    const token = await issue(issuer, held);
    const verdict = await guard.verify(token ?? "");
    judged += 1;
    if (isRefusal(verdict)) refusals.push(verdict.code);
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      guard.close();
      return { judged, refusals };
    },
  };
}

/** A token is good, its credential is disabled at an old node, and a guard that follows a new one knows. */
async function checkRevocation(cluster: Cluster, { by, heardFrom }: { by: ClusterNode; heardFrom: ClusterNode }) {
  const { facts, owner } = await createClusterWorld(cluster);
  const { issuer } = cluster;
  const guard = createGuard({
    issuer,
    endpoint: "https://api.eu-west-1.example.com",
    mode: "sandbox",
    fetch: (url, init) => fetch(url.replace(issuer, heardFrom.publicUrl), init),
  });
  const token = (await issue(by.publicUrl, facts.project)) ?? "";
  expect(isRefusal(await guard.verify(token))).toBe(false);
  const answer = await fetch(`${by.adminUrl}/api/credentials/${facts.project.clientId}`, {
    method: "PATCH",
    headers: { ...owner, "content-type": "application/json" },
    body: JSON.stringify({ state: "disabled" }),
  });
  expect(answer.status).toBe(200);
  const disabledAt = performance.now();
  await until("the guard refuses the token", async () => {
    const verdict = await guard.verify(token);
    return isRefusal(verdict) && verdict.code === "JWT_REVOKED";
  });
  const heardAfter = performance.now() - disabledAt;
  console.log(`what an old node revoked, a guard of a new one knew after ${heardAfter.toFixed(0)} ms`);
  expect(heardAfter).toBeLessThan(10_000);
  expect(await issue(heardFrom.publicUrl, facts.project)).toBeUndefined();
  guard.close();
}
