/** what a server does while its PostgreSQL cannot be reached, and how it comes back. */

import { expect, test, vi } from "vitest";
import { createPostgresDatabase } from "./postgres-database.ts";
import { createFacts, post, startServer, tokenRequest } from "./started-server.ts";
import { readFeed } from "./two-nodes.ts";
import { createWay } from "./way-to-server.ts";

test("warm credentials go on without the store, everything else is 503 with Retry-After, and the server comes back", async () => {
  const way = await createWay(await createPostgresDatabase());
  const started = await startServer("postgres", { BIPED_DATABASE_URL: way.url });
  const { project, account } = await createFacts(started);
  const ask = (url: string, body: object) => post(`${started.url}${url}`, body);
  const issue = () => ask("/v1/oauth/token", tokenRequest(project));
  // Until the node has heard of its own changes it may forget once more what it remembers of them.
  const { sequence } = await started.server.storage.findAuditHead();
  await vi.waitFor(async () => expect((await readFeed(started.url)).sequence).toBe(sequence), { timeout: 10_000 });
  expect((await issue()).status).toBe(200);

  way.cut();
  const startedAt = performance.now();
  // No statement runs for a warm credential: there is nobody who could answer one.
  expect((await issue()).status).toBe(200);
  const away = await Promise.all([
    ask("/v1/oauth/token", tokenRequest(account, { project_id: 42 })),
    ask("/v1/oauth/token", tokenRequest({ ...project, clientSecret: "wrong" })),
    ask("/v1/oauth/me", { client_id: account.clientId, client_secret: account.clientSecret }),
  ]);
  for (const answer of away) {
    expect([answer.status, answer.body.error, answer.body.errorCode]).toEqual([
      503,
      "temporarily_unavailable",
      "TEMPORARILY_UNAVAILABLE",
    ]);
    expect(answer.headers.get("retry-after")).toBe("1");
  }
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect((await fetch(`${started.adminUrl}/healthz`)).status).toBe(200);
  expect((await fetch(`${started.adminUrl}/readyz`)).status).toBe(503);
  expect((await fetch(`${started.url}/.well-known/jwks.json`)).status).toBe(200);

  // Five seconds on, what is remembered is no longer used to allow.
  started.monotonic.seconds += 5;
  expect((await issue()).status).toBe(503);

  await way.mend();
  expect((await issue()).status).toBe(200);
  expect((await fetch(`${started.adminUrl}/readyz`)).status).toBe(200);
  expect(started.logLines.join("")).not.toContain("only-for-tests");
  await started.stop();
});
