/** with a snapshot, a server goes on for a stated time while its PostgreSQL is really away. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { basic, createFacts, type HeldCredential, post, startServer, tokenRequest } from "./started-server.ts";
import { createWay } from "./way-to-server.ts";

const patience = { timeout: 20_000, interval: 20 };

async function start() {
  const databaseUrl = await createPostgresDatabase();
  const way = await createWay(databaseUrl);
  const started = await startServer("postgres", { BIPED_DATABASE_URL: way.url, BIPED_SNAPSHOT_SECONDS: "60" });
  const facts = await createFacts(started);
  const ready = async () => {
    const answer = await fetch(`${started.adminUrl}/readyz`);
    const { checks } = JSON.parse(await answer.text());
    return { status: answer.status, checks };
  };
  const ask = (held: HeldCredential, further: Record<string, unknown> = {}) =>
    post(`${started.url}/v1/oauth/token`, tokenRequest(held, further));
  const readMetric = async (name: string) => {
    const text = await (await fetch(`${started.adminUrl}/metrics`)).text();
    return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
  };
  /** With every change that is in the store by now. */
  const becomeWhole = async () => {
    const { sequence } = await started.server.storage.findAuditHead();
    await vi.waitUntil(async () => {
      if (Number(await readMetric("biped_audit_sequence")) < sequence) return false;
      const { snapshot } = (await ready()).checks;
      return snapshot.whole;
    }, patience);
  };
  const logged = () => started.logLines.map((line) => JSON.parse(line).msg).filter((text) => /snapshot/.test(text));
  await becomeWhole();
  return { databaseUrl, way, started, facts, ready, becomeWhole, ask, readMetric, logged };
}

test("tokens go on for the configured time, with its age in /readyz and metrics, and what it does not allow is 503", async () => {
  const { way, started, facts, ready, ask, readMetric, logged } = await start();
  const { account, project } = facts;
  expect((await ready()).checks.snapshot).toEqual({ ok: true, whole: true, ageSeconds: 0 });
  way.cut();
  started.monotonic.seconds += 5;
  const issued = [await ask(project), await ask(account, { project_id: 43 })];
  expect(issued.map(({ status, body }) => [status, body.project_id, body.endpoint])).toEqual([
    [200, 42, "https://api.eu-west-1.example.com"],
    [200, 43, "https://api.us-east.example.com"],
  ]);
  const away = [
    await ask({ ...project, clientSecret: "wrong" }),
    await ask({ ...project, clientId: "c3133d76-a768-4f5a-8f0e-000000000001" }),
    await ask(project, { scope: "enrichment" }),
    await ask(account, { project_id: 71 }),
    await post(`${started.url}/v1/oauth/introspect`, { token: issued[0]!.body.access_token }, basic(project)),
  ];
  expect(away.map(({ status, body }) => [status, body.errorCode])).toEqual(
    away.map(() => [503, "TEMPORARILY_UNAVAILABLE"]),
  );
  expect(await ready()).toMatchObject({
    status: 200,
    checks: { store: { ok: true, away: true }, snapshot: { ok: true, whole: true, ageSeconds: 5 } },
  });
  // The introspection authenticated.
  expect([await readMetric("biped_snapshot_age_seconds"), await readMetric("biped_snapshot_allowed_total")]).toEqual([
    "5",
    "3",
  ]);

  started.monotonic.seconds += 55;
  expect((await ask(project)).status).toBe(200);
  started.monotonic.seconds += 0.5;
  expect([(await ask(project)).status, (await ready()).status, (await ready()).checks.snapshot.ok]).toEqual([
    503,
    503,
    false,
  ]);

  await way.mend();
  await vi.waitUntil(async () => (await ready()).status === 200, patience);
  expect((await ask(project)).status).toBe(200);
  expect(logged()).toEqual([
    "the snapshot is whole",
    "the store is away and the snapshot serves",
    "the snapshot serves no more",
  ]);
  await started.stop();
});

test("changes of this node and of others are in it, and no secret is", async () => {
  const { databaseUrl, way, started, facts, becomeWhole, ask } = await start();
  const { account, project, foreign } = facts;
  const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
  const other = await openStorage(databaseUrl);
  await other.setAccountState(facts.second.id, "disabled", author);
  await other.close();
  await vi.waitUntil(async () => (await ask(foreign, { project_id: 71 })).status === 401, patience);
  await started.server.storage.changeCredential(project.clientId, { state: "disabled" }, author);
  await started.server.storage.revokeTokensOf({ kind: "account", id: facts.first.id }, author);
  await becomeWhole();
  const text = readFileSync(join(started.directory, "snapshot.db"), "latin1");
  expect(text).toContain(project.clientId);
  for (const { clientSecret } of [account, project, foreign]) expect(text).not.toContain(clientSecret);

  way.cut();
  started.monotonic.seconds += 5;
  expect([(await ask(project)).status, (await ask(foreign, { project_id: 71 })).status]).toEqual([503, 503]);
  const issued = await ask(account, { project_id: 42 });
  const claims = JSON.parse(Buffer.from(issued.body.access_token.split(".")[1], "base64url").toString());
  expect([issued.status, claims.epochs]).toEqual([200, { account: 1, project: 0, credential: 0 }]);
  await way.mend();
  await started.stop();
});

test("a PostgreSQL that hangs holds up the first request only", async () => {
  const { way, started, facts, ask } = await start();
  started.monotonic.seconds += 5;
  way.setSilent(true);
  expect((await ask(facts.project)).status).toBe(200);
  started.monotonic.seconds += 5;
  const startedAt = performance.now();
  const answers = [];
  for (let index = 0; index < 20; index += 1) answers.push((await ask(facts.project)).status);
  expect([...new Set(answers)]).toEqual([200]);
  // Each would wait for nearly a second.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  way.setSilent(false);
  await started.stop();
});
