/** a store that is put back to a backup while nodes run, in spite of the guide. */

import { join } from "node:path";
import { createGuard } from "@biped/guard";
import { isRefusal } from "@biped/protocol";
import { expect, test } from "vitest";
import { connectPatiently, createPostgresDatabase } from "../postgres-database.ts";
import { scaleTimeout } from "../property.ts";
import { post, tokenRequest } from "../started-server.ts";
import { startCluster } from "./cluster.ts";
import { until } from "./cluster-node.ts";
import { createClusterWorld } from "./cluster-world.ts";

test("both nodes end; no token of theirs by what the backup lacks is good; they start once the restore is confirmed", {
  timeout: scaleTimeout(120_000),
}, async () => {
  await using cluster = await startCluster({ count: 2, databaseUrl: await createPostgresDatabase() });
  const { facts, owner } = await createClusterWorld(cluster);
  const backup = join(cluster.directory, "backup");
  await cluster.command("backup", backup);
  const disabled = await fetch(`${cluster.admin.url}/api/credentials/${facts.project.clientId}`, {
    method: "PATCH",
    headers: { ...owner, "content-type": "application/json" },
    body: JSON.stringify({ state: "disabled" }),
  });
  expect(disabled.status).toBe(200);
  const ask = (url: string) => post(`${url}/v1/oauth/token`, tokenRequest(facts.project));
  for (const { publicUrl } of cluster.nodes) await until("401", async () => (await ask(publicUrl)).status === 401);

  await emptyDatabase(cluster.databaseUrl);
  const restoring = cluster.command("restore", backup, "--accept-gap");
  const issued: string[] = [];
  while (cluster.nodes.some((node) => node.isRunning())) {
    for (const { publicUrl } of cluster.nodes) {
      const answer = await ask(publicUrl).catch(() => undefined);
      if (answer?.status === 200) issued.push(answer.body.access_token);
    }
  }
  await restoring;
  for (const node of cluster.nodes) expect(node.readLog()).toContain("biped-server: This store was restored and lacks");
  await expect(cluster.command("serve")).rejects.toThrow("This store was restored and lacks changes");
  await cluster.command("restore", "confirm");
  await Promise.all(cluster.nodes.map((node) => node.start()));
  for (const { publicUrl } of cluster.nodes) expect((await ask(publicUrl)).status).toBe(200);
  // A node looks every half second: what it lets out until then is signed with a key that is void.
  console.log(`${issued.length} tokens in spite of the restore, until both nodes had ended`);
  const guard = createGuard({ issuer: cluster.issuer, endpoint: "https://api.eu-west-1.example.com", mode: "sandbox" });
  for (const token of issued) expect(isRefusal(await guard.verify(token))).toBe(true);
});

/** Drops it under whoever is connected, and creates it anew. */
async function emptyDatabase(url: string): Promise<void> {
  const { pathname } = new URL(url);
  const name = pathname.slice(1);
  const other = new URL(url);
  other.pathname = "/postgres";
  const client = await connectPatiently(other.href);
  try {
    await client.query(`drop database ${name} with (force)`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
}
