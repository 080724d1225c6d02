/** What the faults that concern notifications alone do, as the proofs of the revocation feed rely on them. */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createPostgresDatabase } from "../postgres-database.ts";
import { createFaultProxy } from "./fault-proxy.ts";

async function startListening() {
  const proxy = await createFaultProxy(await createPostgresDatabase());
  const client = new pg.Client({ connectionString: proxy.url });
  onTestFinished(async () => {
    await client.end();
    await proxy.stop();
  });
  const heard: string[] = [];
  client.on("notification", ({ payload = "" }) => heard.push(payload));
  await client.connect();
  await client.query("listen changes");
  return { proxy, client, heard };
}

test("as behind a pooler: statements are answered, large rows too, and no notification comes", async () => {
  const { proxy, client, heard } = await startListening();
  await client.query("notify changes, 'one'");
  expect(heard).toEqual(["one"]);
  proxy.setFault({ kind: "no notifications" });
  await client.query("notify changes, 'two'");
  const { rows } = await client.query("select repeat('A', 1000000) as text");
  expect([rows[0].text.length, heard]).toEqual([1_000_000, ["one"]]);
  proxy.setFault({ kind: "none" });
  await client.query("notify changes, 'three'");
  expect(heard).toEqual(["one", "three"]);
});

test("late notifications come later, and in order with what is behind them", async () => {
  const { proxy, client, heard } = await startListening();
  proxy.setFault({ kind: "late notifications", milliseconds: 300 });
  const notified = once(client, "notification");
  const startedAt = performance.now();
  await client.query("notify changes, 'one'");
  await notified;
  expect(heard).toEqual(["one"]);
  expect(performance.now() - startedAt).toBeGreaterThan(299);
});

test("stranded connections hear nothing more, and new ones are in order", async () => {
  const { proxy, client } = await startListening();
  proxy.strandConnections();
  const answered = client.query("select 1").then(() => "answered");
  answered.catch(() => {});
  const other = new pg.Client({ connectionString: proxy.url });
  await other.connect();
  expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(await Promise.race([answered, sleep(200).then(() => "silence")])).toBe("silence");
  expect(proxy.countConnections()).toBe(2);
  await other.end();
  client.on("error", () => {});
  proxy.resetConnections();
});
