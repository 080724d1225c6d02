/** F-15: wall clocks that jump, stand still and differ from node to node, while timers go on as they do. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  basic,
  createFacts,
  type Facts,
  type HeldCredential,
  post,
  type StartedServer,
  startServer,
  tokenRequest,
} from "../started-server.ts";
import { createNodes, type Node } from "../two-nodes.ts";

const lifetimeSeconds = 3600;
/** Between a node's clock and its store's, and what rounding adds. */
const toleranceSeconds = 3;
const minute = 60;
const hour = 3600;
const day = 86_400;

const trueSeconds = (): number => Date.now() / 1000;

type Claims = { readonly iat: number; readonly exp: number };

async function issue(url: string, held: HeldCredential): Promise<{ readonly token: string } & Claims> {
  const startedAt = performance.now();
  const { status, body } = await post(`${url}/v1/oauth/token`, tokenRequest(held));
  expect(status).toBe(200);
  // Nobody waits for a clock.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const claims: Claims = JSON.parse(Buffer.from(body.access_token.split(".")[1], "base64url").toString());
  expect(claims.exp - claims.iat).toBe(lifetimeSeconds);
  return { token: body.access_token, ...claims };
}

/** By the true clock. */
function expectTrue({ iat, exp }: Claims): void {
  expect(exp).toBeLessThanOrEqual(trueSeconds() + lifetimeSeconds + toleranceSeconds);
  expect(iat).toBeGreaterThanOrEqual(trueSeconds() - toleranceSeconds - 1);
}

/** A machine whose wall clock is wrong by what a test says, or stands still. */
function createMachine(wrongBySeconds = 0) {
  const machine = { wrongBySeconds, stoppedAt: undefined as number | undefined };
  const machineMilliseconds = (): number => (machine.stoppedAt ?? Date.now()) + machine.wrongBySeconds * 1000;
  return { machine, parts: { machineMilliseconds, nowSeconds: () => Math.floor(machineMilliseconds() / 1000) } };
}

const isActive = async ({ url }: Node, token: string, held: HeldCredential): Promise<boolean> =>
  (await post(`${url}/v1/oauth/introspect`, { token }, basic(held))).body.active;

test("three nodes whose clocks differ by half a minute each way: tokens live 3600 s by the true clock, and each node takes the others'", async () => {
  const { startNode } = await createNodes();
  const nodes: Node[] = [];
  for (const skew of [-30, 0, 30]) nodes.push(await startNode(createMachine(skew).parts));
  const { project } = await createFacts(nodes[0]!);
  for (const node of nodes) {
    const issued = await issue(node.url, project);
    expectTrue(issued);
    const verdicts = await Promise.all(nodes.map((other) => isActive(other, issued.token, project)));
    expect(verdicts).toEqual([true, true, true]);
    expect((await post(`${node.url}/v1/oauth/revoke`, { token: issued.token }, basic(project))).status).toBe(200);
    const after = await Promise.all(nodes.map((other) => isActive(other, issued.token, project)));
    expect(after).toEqual([false, false, false]);
  }
});

test("three nodes whose clocks differ: what ends now ends on all of them", async () => {
  const { startNode } = await createNodes();
  const nodes: Node[] = [];
  for (const skew of [-30, 0, 30]) nodes.push(await startNode(createMachine(skew).parts));
  const { first } = await createFacts(nodes[0]!);
  const expiresAt = Math.floor(trueSeconds()) + 4;
  const input = {
    name: "Short",
    accountId: first.id,
    projectId: 42,
    scopes: ["data-export"],
    allowedRanges: [],
    expiresAt,
  };
  const created = await nodes[0]!.server.management("operator").createCredential(input);
  if (!("clientSecret" in created) || created.clientSecret === undefined) throw new Error("no secret was made");
  const held = { clientId: created.credential.clientId, clientSecret: created.clientSecret };
  for (const { url } of nodes) await issue(url, held);
  await sleep((expiresAt + toleranceSeconds - trueSeconds()) * 1000);
  const late = await Promise.all(nodes.map(({ url }) => post(`${url}/v1/oauth/token`, tokenRequest(held))));
  expect(late.map(({ status }) => status)).toEqual([401, 401, 401]);
});

test.each([
  ["a second forward", 1],
  ["a second back", -1],
  ["five minutes forward", 5 * minute],
  ["five minutes back", -5 * minute],
  ["an hour forward", hour],
  ["an hour back", -hour],
  ["a day back", -day],
])(
  "the clock of one node jumps %s: no token lives longer, from the first request on, and none is of the past",
  async (_, seconds) => {
    const { startNode } = await createNodes();
    const { machine, parts } = createMachine();
    const node = await startNode(parts);
    const other = await startNode();
    const { project } = await createFacts(node);
    expectTrue(await issue(node.url, project));
    machine.wrongBySeconds += seconds;
    // Over three of the times at which a node compares its clock.
    for (const end = performance.now() + 1_600; performance.now() < end; await sleep(20)) {
      const issued = await issue(node.url, project);
      expectTrue(issued);
      expect(await isActive(other, issued.token, project)).toBe(true);
    }
  },
);

test("the clock of one node stands still: its tokens go on to be of the present", async () => {
  const { startNode } = await createNodes();
  const { machine, parts } = createMachine();
  const node = await startNode(parts);
  const { project } = await createFacts(node);
  machine.stoppedAt = Date.now();
  for (const end = performance.now() + 6_000; performance.now() < end; await sleep(100)) {
    expectTrue(await issue(node.url, project));
  }
});

describe.each(["sqlite", "postgres"] as const)("%s: a whole system whose time jumps", (engine) => {
  let started: StartedServer;
  let facts: Facts;
  beforeAll(async () => {
    started = await startServer(engine, { BIPED_SIGNING_ALG: "Ed25519" });
    facts = await createFacts(started);
  });
  afterAll(() => started.stop());

  test.each([1, -1, 5 * minute, -5 * minute, hour, -hour, -day, 0])("%i s: everything goes on", async (seconds) => {
    const { clock, url } = started;
    clock.seconds += seconds;
    const { token, iat } = await issue(url, facts.project);
    expect(iat).toBe(clock.seconds);
    const node = { url, server: started.server };
    expect(await isActive(node, token, facts.project)).toBe(true);
    expect((await post(`${url}/v1/oauth/revoke`, { token }, basic(facts.project))).status).toBe(200);
    expect(await isActive(node, token, facts.project)).toBe(false);
    expect((await fetch(`${started.adminUrl}/readyz`)).status).toBe(200);
    expect(started.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test("guesses are counted by the clock that never jumps: a day forward forgives none, a minute does", async () => {
    const { clock, monotonic, url } = started;
    const guess = async (): Promise<number> => {
      const wrong = { ...facts.foreign, clientSecret: "wrong" };
      return (await post(`${url}/v1/oauth/token`, tokenRequest(wrong))).status;
    };
    for (let count = 0; count < 10; count += 1) expect(await guess()).toBe(401);
    expect(await guess()).toBe(429);
    clock.seconds += day;
    expect(await guess()).toBe(429);
    monotonic.seconds += 61;
    expect(await guess()).toBe(401);
    expect((await issue(url, facts.project)).iat).toBe(clock.seconds);
  });
});
