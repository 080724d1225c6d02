/** F-13: the very first start, killed anywhere in it, and the first runs of several nodes at once. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { StoreUnavailable } from "@biped/database";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { Storage } from "../../apps/authorization-server/src/storage/storage.ts";
import { findFreePorts } from "../free-ports.ts";
import { shortenCase, testProperty } from "../property.ts";
import { createFacts, post, tokenRequest } from "../started-server.ts";
import { createNodes, type Node } from "../two-nodes.ts";
import { runServerCommand, startServerProcess } from "./server-process.ts";

const consoleHeaders = { "sec-fetch-site": "same-origin", "x-biped-console": "1" };

async function setUp(adminUrl: string, token: string, email = "vera@example.com"): Promise<number> {
  const body = { token, email, name: "Vera Lind", password: "a quiet walk along the harbour" };
  return (await post(`${adminUrl}/api/setup`, body, consoleHeaders)).status;
}

/** What there may be one of only. */
async function countFirsts(storage: Pick<Storage, "listPeppers" | "listSigningKeys" | "listAuditEvents">) {
  const peppers = await storage.listPeppers();
  const keys = await storage.listSigningKeys();
  const events = await storage.listAuditEvents(0, 1000);
  const administrators = events.filter(({ action }) => action === "administrator.created");
  return { peppers: peppers.length, keys: keys.map(({ state }) => state), administrators: administrators.length };
}

const pointCount = shortenCase(25);
/** Hundredths of the time that a start takes. */
const shares = fc.noShrink(
  fc.noBias(fc.array(fc.nat(110), { minLength: pointCount, maxLength: pointCount, size: "max" })),
);

testProperty(
  `F-13: killed at ${pointCount} points of the very first start, the next one has one pepper, one key and no administrator, and a setup link that works once`,
  1,
  fc.asyncProperty(shares, async (all) => {
    const directory = await mkdtemp(path.join(tmpdir(), "biped-first-"));
    const kek = path.join(directory, "kek");
    const compiled = path.join(directory, "compiled");
    await runServerCommand({ ...process.env, NODE_COMPILE_CACHE: compiled }, ["keys", "create-kek", kek]);
    const common = {
      PATH: process.env.PATH,
      BIPED_KEK_FILE: kek,
      BIPED_SIGNING_ALG: "Ed25519",
      NODE_COMPILE_CACHE: compiled,
    };
    // What Node compiles it has compiled after the first one, whose time is therefore not taken.
    await tryFirstStart({ ...common, BIPED_DATA_DIR: path.join(directory, "warm") }, undefined);
    const whole = await tryFirstStart({ ...common, BIPED_DATA_DIR: path.join(directory, "whole") }, undefined);
    let readyBefore = 0;
    for (const [index, share] of all.entries()) {
      const environment = { ...common, BIPED_DATA_DIR: path.join(directory, `point-${index}`) };
      const tried = await tryFirstStart(environment, (share / 100) * whole.readyMilliseconds);
      if (tried.wasReady) readyBefore += 1;
    }
    console.log(
      `${pointCount} kills, ${readyBefore} of them after the start; a start takes ${Math.round(whole.readyMilliseconds)} ms`,
    );
    await rm(directory, { recursive: true });
  }),
);

type Given = NodeJS.ProcessEnv & { readonly BIPED_DATA_DIR: string };

/** @param killMilliseconds After the process began; undefined does not kill it. */
async function tryFirstStart(given: Given, killMilliseconds: number | undefined) {
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  const environment = { ...given, BIPED_PUBLIC_PORT: String(publicPort), BIPED_ADMIN_PORT: String(adminPort) };
  await mkdir(given.BIPED_DATA_DIR);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const tokens: string[] = [];
  const start = async (killAfter?: number) => {
    const server = await startServerProcess({ environment, ...(killAfter === undefined ? {} : { killAfter }) }).catch(
      (error: unknown) => {
        if (killAfter === undefined) throw error;
        return undefined;
      },
    );
    tokens.push(/#(biped_setup_\w+)/.exec(server?.output() ?? "")?.[1] ?? "none");
    return server;
  };
  const first = killMilliseconds === undefined ? undefined : await start(killMilliseconds);
  await first?.end("SIGKILL");
  const server = await start();
  if (server === undefined) throw new Error("The server did not start.");
  const token = tokens.at(-1) ?? "";
  if (first !== undefined) expect(await setUp(adminUrl, tokens[0] ?? "")).toBe(401);
  const statuses = await Promise.all(["a@example.com", "b@example.com"].map((email) => setUp(adminUrl, token, email)));
  expect(statuses.toSorted()[0]).toBe(201);
  expect([401, 404]).toContain(statuses.toSorted()[1]);
  expect(await setUp(adminUrl, token)).toBe(404);
  expect(await server.end("SIGTERM")).toBe(0);
  const storage = await openStorage(`sqlite:${path.join(given.BIPED_DATA_DIR, "authorization-server.db")}`);
  expect(await countFirsts(storage)).toEqual({ peppers: 1, keys: ["active"], administrators: 1 });
  await storage.close();
  await rm(given.BIPED_DATA_DIR, { recursive: true });
  return { readyMilliseconds: server.readyMilliseconds, wasReady: first !== undefined };
}

/** As whoever supervises it starts it again where the store was too busy. */
async function untilStarted(startNode: () => Promise<Node>): Promise<Node> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startNode();
    } catch (error) {
      if (attempt === 5 || !(error instanceof StoreUnavailable)) throw error;
    }
  }
}

test.each(Array.from({ length: 5 }, (_, round) => round))(
  "F-13: three nodes start at once on an empty store: one pepper, one key, one administrator; tokens of each are good at all (%i)",
  async () => {
    const { startNode } = await createNodes();
    const nodes = await Promise.all([1, 2, 3].map(() => untilStarted(startNode)));
    const former = await Promise.all(nodes.map(({ server }) => server.openSetup()));
    const link = await nodes[0]!.server.openSetup();
    const attempts = nodes.map(({ server }, at) => setUp(server.adminUrl, link?.token ?? "", `v${at}@example.com`));
    const statuses = await Promise.all([...attempts, setUp(nodes[1]!.server.adminUrl, former[1]?.token ?? "")]);
    // The link that was made last has ended the others. 503 is a store that is too busy for so many at once.
    for (const status of statuses) expect([201, 401, 404, 503]).toContain(status);
    expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(1);
    if (!statuses.includes(201)) await setUp(nodes[2]!.server.adminUrl, link?.token ?? "");
    for (const { server } of nodes) expect(await setUp(server.adminUrl, link?.token ?? "")).toBe(404);
    expect(await countFirsts(nodes[0]!.server.storage)).toEqual({ peppers: 1, keys: ["active"], administrators: 1 });
    const { project } = await createFacts(nodes[0]!);
    const credentials = { client_id: project.clientId, client_secret: project.clientSecret };
    for (const { url } of nodes) {
      const { body } = await post(`${url}/v1/oauth/token`, tokenRequest(project));
      const asked = nodes.map((other) =>
        post(`${other.url}/v1/oauth/introspect`, { token: body.access_token, ...credentials }),
      );
      expect((await Promise.all(asked)).map((answer) => answer.body.active)).toEqual([true, true, true]);
    }
  },
);
