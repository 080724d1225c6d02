/** Issue 6, point 7: what is taken back on one node is refused by every other one within a second. */

import {
  type Footing,
  followRevocations,
  footingOf,
  isRevoked,
  parseAccessTokenClaims,
  type RevocationDocument,
} from "@biped/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { createFacts, type HeldCredential, post, startServer, tokenRequest } from "./started-server.ts";
import { createNodes, type Node, readFeed } from "./two-nodes.ts";

const author = () => ({ at: Math.floor(Date.now() / 1000), actor: "operator", requestId: undefined });

async function issue(url: string, credential: HeldCredential, further: Record<string, unknown> = {}) {
  return post(`${url}/v1/oauth/token`, tokenRequest(credential, further));
}

function read(token: string): Footing {
  const [header, payload] = token.split(".").map((segment) => Buffer.from(segment, "base64url").toString());
  const claims = parseAccessTokenClaims(JSON.parse(payload ?? ""));
  if (claims === undefined) throw new Error("no claims");
  return footingOf(claims, JSON.parse(header ?? "").kid);
}

function refuses(document: RevocationDocument, token: string): boolean {
  const state = followRevocations(undefined, { ...document, after: 0 });
  return state !== undefined && isRevoked(read(token), state);
}

async function expectWithinOneSecond(one: Node, other: Node): Promise<void> {
  const { project, account, first } = await createFacts(one);
  const warm = await issue(other.url, project);
  const ofAccount = await issue(other.url, account, { project_id: 42 });
  expect([warm.status, ofAccount.status]).toEqual([200, 200]);
  await vi.waitFor(async () => expect((await readFeed(other.url)).sequence).toBe((await readFeed(one.url)).sequence));
  const { sequence } = await readFeed(other.url);

  const polled = readFeed(other.url, `?after=${sequence}&wait=10`);
  const disabled = await one.server.storage.changeCredential(project.clientId, { state: "disabled" }, author());
  expect(disabled).toMatchObject({ state: "disabled" });
  const acknowledgedAt = performance.now();
  const document = await polled;
  expect(performance.now() - acknowledgedAt).toBeLessThan(1_000);
  expect([document.after, refuses(document, warm.body.access_token)]).toEqual([sequence, true]);
  expect(refuses(document, ofAccount.body.access_token)).toBe(false);
  expect((await issue(other.url, project)).status).toBe(401);

  await one.server.storage.setAccountState(first.id, "disabled", author());
  const disabledAt = performance.now();
  await vi.waitFor(async () => expect((await issue(other.url, account, { project_id: 42 })).status).toBe(401), {
    interval: 20,
  });
  expect(performance.now() - disabledAt).toBeLessThan(1_000);
  await vi.waitFor(async () => {
    const whole = await readFeed(other.url);
    expect([whole.after, whole.disabled]).toEqual([0, [42, 43]]);
    expect(refuses(whole, ofAccount.body.access_token)).toBe(true);
  });
}

test("what one node takes back, the other tells in its feed and issues nothing for, at once", async () => {
  const { startNode } = await createNodes();
  await expectWithinOneSecond(await startNode(), await startNode());
});

test("behind a pooler that passes no notification on, looking alone keeps to the second", async () => {
  const { startNode, execute } = await createNodes();
  await execute("create function pg_notify(text, text) returns void language sql as ''");
  await execute(
    "do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$",
  );
  await expectWithinOneSecond(await startNode(), await startNode());
});

test("a node that starts later tells the same, and goes on from where another one was", async () => {
  const { startNode } = await createNodes();
  const one = await startNode();
  const { project, account } = await createFacts(one);
  const token = (await issue(one.url, project)).body.access_token;
  const before = (await readFeed(one.url)).sequence;
  const [secret] = (await one.server.storage.findClient(project.clientId))?.secrets ?? [];
  await one.server.storage.retireSecret({ clientId: project.clientId, secretId: secret?.id ?? "" }, author());
  await one.server.storage.moveProject(42, "azure-us-east", author());
  const later = await startNode();
  await vi.waitFor(async () => {
    const [first, second] = [await readFeed(one.url), await readFeed(later.url)];
    expect({ ...first, ageSeconds: 0 }).toEqual({ ...second, ageSeconds: 0 });
  });
  const document = await readFeed(later.url, `?after=${before}`);
  expect([document.after, document.moved, refuses(document, token)]).toEqual([
    before,
    [[42, "https://api.us-east.example.com"]],
    true,
  ]);
  expect(refuses(document, (await issue(later.url, account, { project_id: 43 })).body.access_token)).toBe(false);
});

test("R-25: after an emergency roll the other node tells the new key at once, and signs with it two seconds later", async () => {
  const { startNode, compromiseKey } = await createNodes();
  const [one, other] = [await startNode(), await startNode()];
  const { account } = await createFacts(one);
  const ask = async () => (await issue(other.url, account, { project_id: 43 })).body.access_token;
  const token = await ask();
  const [key] = await one.server.storage.listSigningKeys();
  if (key === undefined) throw new Error("no key");
  await vi.waitFor(async () => expect((await readFeed(other.url)).sequence).toBe((await readFeed(one.url)).sequence));
  const { sequence } = await readFeed(other.url);
  const polled = readFeed(other.url, `?after=${sequence}&wait=10`);
  await compromiseKey(one, key.kid);
  const document = await polled;
  const heardAt = performance.now();
  expect([refuses(document, token), document.keyIds.length, document.keyIds.includes(key.kid)]).toEqual([
    true,
    1,
    false,
  ]);
  const next = await ask();
  expect(performance.now() - heardAt).toBeGreaterThan(1_500);
  expect(refuses(await readFeed(other.url), next)).toBe(false);
  expect(JSON.parse(Buffer.from(next.split(".")[0], "base64url").toString()).kid).toBe(document.keyIds[0]);
});

test("everything before a second: no node issues a token of before it, and introspection says so at once", async () => {
  const { startNode } = await createNodes();
  const [one, other] = [await startNode(), await startNode()];
  const { account } = await createFacts(one);
  const ask = async () => (await issue(other.url, account, { project_id: 43 })).body.access_token;
  const token = await ask();
  const before = author().at + 1;
  await one.server.storage.revokeTokensBefore(before, author());
  const introspected = await post(`${other.url}/v1/oauth/introspect`, {
    client_id: account.clientId,
    client_secret: account.clientSecret,
    token,
  });
  expect(introspected.body).toEqual({ active: false });
  await vi.waitFor(async () => expect((await readFeed(other.url)).notBefore).toBe(before));
  const next = await ask();
  expect(read(next).issuedAt).toBeGreaterThanOrEqual(before);
  const document = await readFeed(other.url);
  expect([refuses(document, token), refuses(document, next)]).toEqual([true, false]);
});

test("R-65: a node whose machine is ten minutes ahead goes by the store's clock", async () => {
  const { startNode } = await createNodes();
  const ahead = 600_000;
  const node = await startNode({
    machineMilliseconds: () => Date.now() + ahead,
    nowSeconds: () => Math.floor((Date.now() + ahead) / 1000),
  });
  const { account } = await createFacts(node);
  const { body } = await issue(node.url, account, { project_id: 43 });
  expect(Math.abs(read(body.access_token).issuedAt - Date.now() / 1000)).toBeLessThan(3);
});

test("a server that stops answers those who wait for news", async () => {
  const started = await startServer("sqlite", { BIPED_SIGNING_ALG: "Ed25519" });
  const { sequence } = await readFeed(started.url);
  const polled = fetch(`${started.url}/v1/oauth/revocations?after=${sequence}&wait=25`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stoppedAt = performance.now();
  await started.stop();
  expect([(await polled).status, (await polled).headers.get("connection")]).toEqual([200, "close"]);
  expect(performance.now() - stoppedAt).toBeLessThan(3_000);
});

test("400 names the member; no answer may be kept", async () => {
  const started = await startServer("sqlite", { BIPED_SIGNING_ALG: "Ed25519" });
  onTestFinished(started.stop);
  const ask = (query: string) => fetch(`${started.url}/v1/oauth/revocations?${query}`);
  const refused = {
    "after=x": "after",
    "after=-1": "after",
    "after=1.5": "after",
    "wait=26": "wait",
    "wait=1e1": "wait",
  };
  for (const [query, member] of Object.entries(refused)) {
    const answer = await ask(query);
    expect([answer.status, (await answer.json()).error_description]).toEqual([400, expect.stringContaining(member)]);
  }
  expect((await ask("after=1&after=2")).status).toBe(400);
  const answer = await ask("");
  expect([answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
    "application/revocations+jws",
    "no-store",
  ]);
  const [header = ""] = (await answer.text()).split(".");
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
    typ: "revocations+jws",
    alg: "Ed25519",
    kid: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
  });
  expect((await fetch(`${started.url}/v1/oauth/revocations`, { method: "POST" })).status).toBe(405);
});
