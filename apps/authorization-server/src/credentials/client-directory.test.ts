import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Client, Project } from "../storage/storage.ts";
import { createClientDirectory } from "./client-directory.ts";

const fresh = { state: "enabled", epoch: 0, createdAt: 900, version: 1 } as const;

const createProject = (id: number): Project => ({
  id,
  accountId: 1,
  cloud: "aws-eu-west-1",
  endpoint: "https://api.eu-west-1.example.com",
  name: `project ${id}`,
  timeZone: "UTC",
  ...fresh,
});

const createClient = (clientId: string): Client => ({
  credential: {
    clientId,
    accountId: 1,
    projectId: undefined,
    name: "n",
    scopes: [],
    allowedRanges: [],
    expiresAt: undefined,
    ...fresh,
  },
  secrets: [],
  account: { id: 1, name: "a", credentialLifetimeLimitDays: undefined, ...fresh },
  project: undefined,
});

function createParts() {
  const clock = { seconds: 1000 };
  const clients = new Map<string, Client>();
  const projects = new Map<number, Project>();
  /** Seconds that the store takes to answer. */
  const delay = { seconds: 0 };
  let reads = 0;
  const read = async <Value>(value: Value): Promise<Value> => {
    reads += 1;
    clock.seconds += delay.seconds;
    return value;
  };
  const directory = createClientDirectory({
    storage: { findClient: (id) => read(clients.get(id)), findProject: (id) => read(projects.get(id)) },
    monotonicSeconds: () => clock.seconds,
  });
  return { clock, clients, projects, delay, directory, countReads: () => reads };
}

describe("what is remembered", () => {
  test("is what the store said, for five seconds and not one moment more", async () => {
    const { clock, clients, directory } = createParts();
    const client = createClient("a");
    clients.set("a", client);
    expect(directory.remembered.findClient("a")).toBeUndefined();
    expect(await directory.stored.findClient("a")).toBe(client);
    expect(directory.remembered.findClient("a")).toBe(client);
    clock.seconds += 4.999;
    expect(directory.remembered.findClient("a")).toBe(client);
    clock.seconds += 0.001;
    expect(directory.remembered.findClient("a")).toBeUndefined();
  });

  test("counts its five seconds from the beginning of the read, however long the store took", async () => {
    const { clock, projects, delay, directory } = createParts();
    projects.set(42, createProject(42));
    delay.seconds = 3;
    await directory.stored.findProject(42);
    expect(directory.remembered.findProject(42)).toMatchObject({ id: 42 });
    clock.seconds += 2;
    expect(directory.remembered.findProject(42)).toBeUndefined();
    delay.seconds = 6;
    expect((await directory.stored.findProject(42))?.id).toBe(42);
    expect(directory.remembered.findProject(42)).toBeUndefined();
  });

  test("is renewed by every read", async () => {
    const { clock, clients, directory } = createParts();
    clients.set("a", createClient("a"));
    await directory.stored.findClient("a");
    clock.seconds += 4;
    const changed = createClient("a");
    clients.set("a", changed);
    await directory.stored.findClient("a");
    clock.seconds += 4;
    expect(directory.remembered.findClient("a")).toBe(changed);
  });

  test("is read again, once, by use in the second half of its life, and nobody waits for it", async () => {
    const { clock, projects, directory, countReads } = createParts();
    const former = createProject(42);
    projects.set(42, former);
    await directory.stored.findProject(42);
    clock.seconds += 2.4;
    directory.remembered.findProject(42);
    expect(countReads()).toBe(1);
    clock.seconds += 0.1;
    const changed = createProject(42);
    projects.set(42, changed);
    for (let use = 0; use < 3; use += 1) expect(directory.remembered.findProject(42)).toBe(former);
    expect(countReads()).toBe(2);
    await setImmediate();
    clock.seconds += 4.9;
    expect(directory.remembered.findProject(42)).toBe(changed);
  });

  test("R-04: of a client is not read again because somebody asked, but because somebody authenticated", async () => {
    const { clock, clients, directory, countReads } = createParts();
    clients.set("a", createClient("a"));
    await directory.stored.findClient("a");
    clock.seconds += 4;
    directory.remembered.findClient("a");
    expect(countReads()).toBe(1);
    for (let use = 0; use < 3; use += 1) directory.renewClient("a");
    expect(countReads()).toBe(2);
    await setImmediate();
    clock.seconds += 4.9;
    expect(directory.remembered.findClient("a")).toBe(clients.get("a"));
  });

  test("is forgotten when the store no longer knows it", async () => {
    const { clients, directory } = createParts();
    clients.set("a", createClient("a"));
    await directory.stored.findClient("a");
    clients.delete("a");
    expect(await directory.stored.findClient("a")).toBeUndefined();
    expect(directory.remembered.findClient("a")).toBeUndefined();
  });

  test("is forgotten by what changes it: a client, or the project or the account that it is below", async () => {
    const { clients, projects, directory } = createParts();
    const below = (clientId: string, projectId: number | undefined): Client => {
      const client = createClient(clientId);
      return { ...client, credential: { ...client.credential, projectId } };
    };
    for (const client of [below("of 42", 42), below("of 43", 43), below("of the account", undefined)]) {
      clients.set(client.credential.clientId, client);
    }
    const other = createClient("of another account");
    clients.set("of another account", { ...other, credential: { ...other.credential, accountId: 2 } });
    for (const id of [42, 43]) projects.set(id, createProject(id));
    projects.set(44, { ...createProject(44), accountId: 2 });
    const listRemembered = async (forget: () => void): Promise<readonly (string | number)[]> => {
      for (const id of clients.keys()) await directory.stored.findClient(id);
      for (const id of projects.keys()) await directory.stored.findProject(id);
      forget();
      return [
        ...[...clients.keys()].filter((id) => directory.remembered.findClient(id) !== undefined),
        ...[...projects.keys()].filter((id) => directory.remembered.findProject(id) !== undefined),
      ];
    };
    const { forget } = directory;
    const all = ["of 42", "of 43", "of the account", "of another account", 42, 43, 44];
    const without = (...gone: readonly (string | number)[]) => all.filter((id) => !gone.includes(id));
    expect(await listRemembered(() => forget.client("of 43"))).toEqual(without("of 43"));
    expect(await listRemembered(() => forget.project(42))).toEqual(without("of 42", 42));
    expect(await listRemembered(() => forget.account(1))).toEqual(["of another account", 44]);
    expect(await listRemembered(forget.everything)).toEqual([]);
  });

  test("is not what a read brings that began before something was forgotten", async () => {
    const { promise, resolve } = Promise.withResolvers<Client>();
    const directory = createClientDirectory({
      storage: { findClient: () => promise, findProject: async () => undefined },
      monotonicSeconds: () => 0,
    });
    const reading = directory.stored.findClient("a");
    directory.forget.client("a");
    resolve(createClient("a"));
    expect((await reading)?.credential.clientId).toBe("a");
    expect(directory.remembered.findClient("a")).toBeUndefined();
  });

  test("stays when the store is away, and no longer than before", async () => {
    const clock = { seconds: 0 };
    let away = false;
    const findProject = async () => {
      if (away) throw new Error("away");
      return createProject(42);
    };
    const directory = createClientDirectory({
      storage: { findClient: async () => undefined, findProject },
      monotonicSeconds: () => clock.seconds,
    });
    await directory.stored.findProject(42);
    away = true;
    clock.seconds = 4;
    await expect(directory.stored.findProject(42)).rejects.toThrow("away");
    expect(directory.remembered.findProject(42)).toMatchObject({ id: 42 });
    clock.seconds = 5;
    expect(directory.remembered.findProject(42)).toBeUndefined();
  });

  test("is at most 20,000 clients: the one that was read longest ago goes first", async () => {
    const { clients, directory } = createParts();
    for (let at = 0; at <= 20_000; at += 1) clients.set(`c${at}`, createClient(`c${at}`));
    for (let at = 0; at < 20_000; at += 1) await directory.stored.findClient(`c${at}`);
    await directory.stored.findClient("c0");
    await directory.stored.findClient("c20000");
    const remembered = ["c0", "c1", "c2", "c20000"].map((id) => directory.remembered.findClient(id) !== undefined);
    expect(remembered).toEqual([true, false, true, true]);
  });
});

test("of clients it is told how many are remembered, how often one was found, and how often not", async () => {
  const { clients, projects, directory } = createParts();
  clients.set("a", createClient("a"));
  projects.set(42, createProject(42));
  await directory.stored.findClient("a");
  await directory.stored.findProject(42);
  for (const id of ["a", "a", "b"]) directory.remembered.findClient(id);
  directory.remembered.findProject(42);
  expect(directory.readStatistics()).toEqual({ size: 1, hits: 2, misses: 1 });
});

test("what is not there is never remembered: guessed ids push out nobody", async () => {
  const { clients, directory } = createParts();
  clients.set("a", createClient("a"));
  await directory.stored.findClient("a");
  for (let guess = 0; guess < 30_000; guess += 1) await directory.stored.findClient(`guess-${guess}`);
  expect(directory.remembered.findClient("a")).toBe(clients.get("a"));
  expect(directory.remembered.findClient("guess-1")).toBeUndefined();
});

test("a client id is a key and nothing else: __proto__ and constructor are unknown", () => {
  const { directory } = createParts();
  for (const id of ["__proto__", "constructor", "toString", ""]) {
    expect(directory.remembered.findClient(id)).toBeUndefined();
  }
});
