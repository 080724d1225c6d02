import { randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreUnavailable } from "@biped/database";
import { createLog } from "@biped/listener";
import { expect, onTestFinished, test, vi } from "vitest";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import type { Account, Client, Project } from "../storage/storage.ts";
import { openSnapshot } from "./snapshot.ts";

const fresh = { state: "enabled", epoch: 0, createdAt: 900, version: 1 } as const;
const account: Account = { id: 1, name: "Northwind", credentialLifetimeLimitDays: undefined, ...fresh };
const cloud = { cloud: "aws-eu-west-1", endpoint: "https://api.eu-west-1.example.com" };
const project: Project = { id: 42, accountId: 1, ...cloud, name: "UX", timeZone: "UTC", ...fresh };

const createClient = (clientId: string, projectId?: number): Client => ({
  credential: {
    clientId,
    accountId: 1,
    projectId,
    name: "n",
    scopes: ["data-export"],
    allowedRanges: [],
    expiresAt: undefined,
    ...fresh,
  },
  secrets: [
    {
      id: `secret of ${clientId}`,
      digest: "0".repeat(64),
      pepperId: "p1",
      createdAt: 900,
      expiresAt: undefined,
      lastUsedAt: 950,
      lastUsedSource: "192.0.2.7",
    },
  ],
  account,
  project: projectId === undefined ? undefined : project,
});

/** A store with 450 credentials, which take three pages. */
async function openParts(snapshotSeconds = 60) {
  const directory = await mkdtemp(join(tmpdir(), "biped-snapshot-"));
  const clients = new Map<string, Client>();
  for (let index = 100; index < 550; index += 1) clients.set(`c${index}`, createClient(`c${index}`, 42));
  const clock = { seconds: 1000 };
  const store = { isAway: false, reads: 0 };
  const ask = async <Value>(value: Value): Promise<Value> => {
    store.reads += 1;
    if (store.isAway) throw new StoreUnavailable("away");
    return value;
  };
  const logLines: string[] = [];
  const parts = {
    path: join(directory, "data", "snapshot.db"),
    snapshotSeconds,
    storage: {
      copyAccounts: (after: number) => ask(after < 1 ? [account] : []),
      copyProjects: (after: number) => ask(after < 42 ? [project] : []),
      copyCredentials: (after: string | undefined, limit: number) =>
        ask([...clients.values()].filter((each) => each.credential.clientId > (after ?? "")).slice(0, limit)),
      findAccount: async () => ask(account),
      findProject: async () => ask(project),
      findClient: async (clientId: string) => ask(clients.get(clientId)),
    },
    kek: createKeyEncryptionKey(Buffer.alloc(32, 7)),
    randomBytes,
    monotonicSeconds: () => clock.seconds,
    log: createLog("info", (line) => logLines.push(JSON.parse(line).msg)),
  };
  const snapshot = await openSnapshot(parts);
  onTestFinished(async () => {
    await snapshot.stop();
    await rm(directory, { recursive: true });
  });
  const hear = (): void => snapshot.hear(clock.seconds);
  const becomeWhole = async (): Promise<void> => {
    hear();
    await vi.waitUntil(() => snapshot.isWhole(), { timeout: 20_000, interval: 5 });
    hear();
  };
  /** Where the store is away: the client as the copy has it, undefined where the copy does not allow it. */
  const find = async (clientId: string) => {
    const away = () => Promise.reject(new StoreUnavailable("away"));
    return snapshot
      .decide<Client | undefined>(away, async (lookup) => lookup.findClient(clientId))
      .catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return undefined;
      });
  };
  return { parts, snapshot, clients, clock, store, logLines, hear, becomeWhole, find };
}

test("it is filled in the background, and has all that decides, without the use of secrets", async () => {
  const { snapshot, parts, becomeWhole, find, logLines } = await openParts();
  expect([snapshot.mayServe(), snapshot.ageSeconds(), await find("c100")]).toEqual([false, undefined, undefined]);
  await becomeWhole();
  expect([snapshot.mayServe(), snapshot.ageSeconds()]).toEqual([true, 0]);
  const client = createClient("c549", 42);
  const unused = client.secrets.map((secret) => ({ ...secret, lastUsedAt: undefined, lastUsedSource: undefined }));
  expect(await find("c549")).toEqual({ ...client, secrets: unused });
  expect(await find("c550")).toBeUndefined();
  expect(logLines[0]).toBe("the snapshot is whole");
  expect(statSync(parts.path).mode & 0o777).toBe(0o600);
});

test("the store decides as long as it answers; away, the copy is asked first, and it never refuses", async () => {
  const { snapshot, becomeWhole, hear, logLines } = await openParts();
  await becomeWhole();
  const asked: string[] = [];
  const decide = (store: "there" | "away", copy: string | undefined) =>
    snapshot.decide<string | undefined>(
      async () => {
        asked.push("store");
        if (store === "away") throw new StoreUnavailable("away");
        return "by store";
      },
      async () => {
        asked.push("copy");
        return copy;
      },
    );
  const take = () => asked.splice(0).join(" ");
  expect([await decide("there", "by copy"), take()]).toEqual(["by store", "store"]);
  expect([await decide("away", "by copy"), take()]).toEqual(["by copy", "store copy"]);
  expect([await decide("away", "by copy"), take()]).toEqual(["by copy", "copy"]);
  await expect(decide("away", undefined)).rejects.toThrow(StoreUnavailable);
  expect(take()).toBe("copy store copy");
  expect([await decide("there", undefined), take()]).toEqual(["by store", "copy store"]);
  expect(snapshot.countAllowed()).toBe(2);
  hear();
  expect([await decide("there", "by copy"), take()]).toEqual(["by store", "store"]);
  expect(logLines.slice(1)).toEqual(["the store is away and the snapshot serves", "the snapshot serves no more"]);
});

test("an error that is not a store's absence is told as it is", async () => {
  const { snapshot, becomeWhole } = await openParts();
  await becomeWhole();
  const broken = () => Promise.reject(new Error("broken"));
  await expect(snapshot.decide(broken, async () => "by copy")).rejects.toThrow("broken");
});

test("it serves for so many seconds after the store was last heard of, and not one moment more", async () => {
  const { snapshot, clock, becomeWhole, find, logLines } = await openParts(60);
  await becomeWhole();
  clock.seconds += 60;
  expect([snapshot.mayServe(), snapshot.ageSeconds(), (await find("c100"))?.credential.clientId]).toEqual([
    true,
    60,
    "c100",
  ]);
  clock.seconds += 0.001;
  expect([snapshot.mayServe(), await find("c100")]).toEqual([false, undefined]);
  expect(logLines.at(-1)).toBe("the snapshot serves no more");
});

test("what has changed is allowed nothing until it was read again", async () => {
  const { snapshot, clients, hear, becomeWhole, find } = await openParts();
  await becomeWhole();
  const client = createClient("c100", 42);
  clients.set("c100", { ...client, credential: { ...client.credential, epoch: 5 } });
  clients.delete("c101");
  for (const clientId of ["c100", "c101"]) snapshot.forget.client(clientId);
  expect([await find("c100"), await find("c101"), (await find("c102"))?.credential.epoch]).toEqual([
    undefined,
    undefined,
    0,
  ]);
  hear();
  await vi.waitUntil(() => snapshot.isWhole(), { interval: 5 });
  expect([(await find("c100"))?.credential.epoch, await find("c101")]).toEqual([5, undefined]);
  snapshot.forget.account(1);
  expect(await find("c102")).toBeUndefined();
});

test("what cannot be read again as the store is away stays forgotten", async () => {
  const { snapshot, store, hear, becomeWhole, find } = await openParts();
  await becomeWhole();
  snapshot.forget.project(42);
  store.isAway = true;
  hear();
  await vi.waitUntil(() => store.reads > 0 && !snapshot.isWhole(), { interval: 5 });
  expect(await find("c100")).toBeUndefined();
  store.isAway = false;
  await vi.waitUntil(() => {
    hear();
    return snapshot.isWhole();
  });
  expect((await find("c100"))?.project?.id).toBe(42);
});

test("what changes while all is copied is read again after", async () => {
  const { snapshot, clients, hear, becomeWhole, find } = await openParts();
  hear();
  const client = createClient("c549", 42);
  clients.set("c549", { ...client, credential: { ...client.credential, epoch: 5 } });
  snapshot.forget.client("c549");
  expect(snapshot.mayServe()).toBe(false);
  await vi.waitUntil(() => {
    hear();
    return snapshot.isWhole();
  });
  await becomeWhole();
  expect((await find("c549"))?.credential.epoch).toBe(5);
});

test("a copy that is begun anew serves nobody before it is whole", async () => {
  const { snapshot, becomeWhole, hear, find } = await openParts();
  await becomeWhole();
  snapshot.forget.everything();
  hear();
  snapshot.forget.everything();
  expect([snapshot.mayServe(), snapshot.ageSeconds(), await find("c100")]).toEqual([false, undefined, undefined]);
  await vi.waitUntil(() => {
    hear();
    return snapshot.mayServe();
  });
  expect((await find("c100"))?.credential.clientId).toBe("c100");
});

test("a copy that the store does not let be made is made later, and once is said so", async () => {
  const { snapshot, store, hear, logLines } = await openParts();
  store.isAway = true;
  await vi.waitUntil(() => {
    hear();
    return store.reads > 3;
  });
  store.isAway = false;
  await vi.waitUntil(() => {
    hear();
    return snapshot.mayServe();
  });
  expect(logLines).toEqual(["the snapshot could not be kept", "the snapshot is whole"]);
});

test("rows that were swapped in the file allow nothing, are told of once, and all is copied anew", async () => {
  const { snapshot, parts, becomeWhole, hear, find, logLines } = await openParts();
  await becomeWhole();
  const database = new DatabaseSync(parts.path);
  const copy = "(select content from row where id = 'credential:c102')";
  database.exec(`update row set content = ${copy} where id in ('credential:c100', 'credential:c101')`);
  database.close();
  expect([await find("c100"), await find("c101"), (await find("c102"))?.credential.clientId]).toEqual([
    undefined,
    undefined,
    "c102",
  ]);
  hear();
  await vi.waitUntil(() => {
    hear();
    return snapshot.mayServe();
  });
  expect((await find("c100"))?.credential.clientId).toBe("c100");
  expect(logLines.filter((line) => line === "the snapshot's file is not as it was written")).toHaveLength(1);
});

test("the file goes with the node", async () => {
  const { snapshot, parts, hear } = await openParts();
  hear();
  await snapshot.stop();
  expect(existsSync(parts.path)).toBe(false);
});
