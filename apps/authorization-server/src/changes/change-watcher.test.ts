import { createLog } from "@biped/listener";
import { linkAuditEntry } from "@biped/management-client/audit-chain";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AuditEntry, AuditEvent, Restore } from "../storage/storage.ts";
import { openChangeWatcher } from "./change-watcher.ts";

type Facts = Partial<Pick<AuditEntry, "action" | "subject" | "before" | "after">>;

/** A log that grows, whoever listens to it, and what the parts of a node were told. */
function createNode() {
  const events: AuditEvent[] = [];
  const told: string[] = [];
  const clock = { seconds: 0 };
  const store = { isAway: false };
  const restore: { unconfirmed: Restore | undefined } = { unconfirmed: undefined };
  const heard = { onChange: (): void => {}, onLost: (): void => {} };
  const ask = <Value>(value: Value): Promise<Value> =>
    store.isAway ? Promise.reject(new Error("away")) : Promise.resolve(value);
  const head = () => events.at(-1) ?? { sequence: 0, hash: "0".repeat(64) };
  const append = (...facts: readonly Facts[]): void => {
    for (const each of facts) {
      const none = {
        accountId: undefined,
        requestId: undefined,
        source: undefined,
        before: undefined,
        after: undefined,
      };
      const entry = { at: 0, actor: "operator", action: "x.changed", subject: "x", ...none, ...each };
      events.push({ ...entry, ...linkAuditEntry(head(), entry) });
    }
  };
  const tell = (what: string) => (id?: unknown) => void told.push(id === undefined ? what : `${what} ${id}`);
  const logLines: string[] = [];
  const parts = {
    storage: {
      findAuditHead: () => ask(head()),
      listAuditEvents: (after: number, limit: number) => ask(events.slice(after, after + limit)),
      findUnconfirmedRestore: () => ask(restore.unconfirmed),
      listenForChanges: async (onChange: () => void, onLost: () => void) => {
        Object.assign(heard, { onChange, onLost });
        return async () => tell("stopped")();
      },
    },
    directory: {
      forget: {
        client: tell("client"),
        project: tell("project"),
        account: tell("account"),
        everything: tell("everything"),
      },
    },
    keyRing: { refresh: async () => tell("keys")() },
    feed: {
      load: async ({ sequence }: { sequence: number }) => tell("load")(sequence),
      take: async (taken: readonly AuditEvent[]) => tell("take")(taken.map(({ sequence }) => sequence).join(",")),
      release: () => tell("release")(),
    },
    storeClock: { read: async () => ask(undefined) },
    monotonicSeconds: () => clock.seconds,
    log: createLog("info", (line) => logLines.push(JSON.parse(line).msg)),
    end: ({ message }: Error) => tell("end")(message.slice(0, 23)),
  };
  const take = () => told.splice(0);
  return { parts, events, append, take, clock, store, restore, heard, logLines };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function open() {
  const node = createNode();
  const watcher = await openChangeWatcher(node.parts);
  node.take();
  return { ...node, watcher };
}

test("it begins with nothing of before, at the head of the log", async () => {
  const node = createNode();
  node.append({}, {});
  await openChangeWatcher(node.parts);
  expect(node.take()).toEqual(["everything", "keys", "load 2"]);
});

test("it looks every half second, and at once when it is told", async () => {
  const { append, take, heard } = await open();
  append({ subject: "account:7" });
  await vi.advanceTimersByTimeAsync(499);
  expect(take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(take()).toEqual(["account 7", "take 1"]);
  append({ subject: "account:8" });
  heard.onChange();
  await vi.advanceTimersByTimeAsync(0);
  expect(take()).toEqual(["account 8", "take 2"]);
});

describe("it forgets what an event names, before the feed tells of it", () => {
  test.each<[string, Facts, readonly string[]]>([
    ["an account", { subject: "account:7" }, ["account 7"]],
    ["a project", { subject: "project:42" }, ["project 42"]],
    ["a credential", { subject: "credential:c1" }, ["client c1"]],
    ["a secret, by its credential after", { subject: "secret:s1", after: { clientId: "c1" } }, ["client c1"]],
    ["a secret, by its credential before", { subject: "secret:s1", before: { clientId: "c1" } }, ["client c1"]],
    ["a secret of nobody knows whom", { subject: "secret:s1" }, ["everything"]],
    ["a cloud", { subject: "cloud:aws-eu-west-1" }, ["everything"]],
    ["a signing key: the keys are read again", { subject: "signing-key:k1" }, ["keys"]],
    ["a token: nothing is remembered of it", { subject: "token:t1" }, []],
    ["an administrator: nothing either", { subject: "administrator:a1" }, []],
  ])("%s", async (_name, facts, expected) => {
    const { append, take, watcher } = await open();
    append(facts);
    await watcher.look();
    expect(take()).toEqual([...expected, "take 1"]);
  });
});

test("500 changes at once: all is forgotten, the feed is told of each, and the rest follows", async () => {
  const { append, take, watcher } = await open();
  append(...Array.from({ length: 501 }, (_, index) => ({ subject: `account:${index}` })));
  await watcher.look();
  const told = take();
  expect([told[0], told[1]?.split(",").length, ...told.slice(2)]).toEqual([
    "everything",
    500,
    "account 500",
    "take 501",
  ]);
});

test("a snapshot forgets what each event names, however many they are, and hears of it then", async () => {
  const { parts, append, take, clock } = createNode();
  const tell = (what: string) => (id?: unknown) => void told.push(id === undefined ? what : `${what} ${id}`);
  const told: string[] = [];
  const [client, project] = [tell("client"), tell("project")];
  const forget = { client, project, account: tell("account"), everything: tell("everything") };
  const watcher = await openChangeWatcher({ ...parts, snapshot: { forget, hear: tell("hear") } });
  expect(told.splice(0)).toEqual(["everything"]);
  append(...Array.from({ length: 501 }, (_, index) => ({ subject: `account:${index}` })));
  clock.seconds = 7;
  await watcher.look();
  expect([told.length, told[0], told[500], told[501]]).toEqual([502, "account 0", "account 500", "hear 7"]);
  expect(take()).toContain("everything");
});

test("keys that cannot be read hold no revocation up", async () => {
  const { parts, append, take, watcher, logLines } = await open();
  parts.keyRing.refresh = () => Promise.reject(new Error("broken"));
  append({ subject: "signing-key:k1" });
  await watcher.look();
  expect([take(), logLines]).toEqual([["take 1"], ["signing keys could not be read"]]);
});

test("a lost connection: all is forgotten, but not while the store is away", async () => {
  const { take, heard, store } = await open();
  store.isAway = true;
  heard.onLost();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(take()).toEqual([]);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(500);
  expect(take()).toEqual(["everything"]);
  await vi.advanceTimersByTimeAsync(500);
  expect(take()).toEqual([]);
});

test("a look that fails is made again after 100 ms, one at a time, however many asked", async () => {
  const { append, take, store, watcher } = await open();
  append({ subject: "account:7" });
  store.isAway = true;
  await Promise.all([watcher.look(), watcher.look(), watcher.look()]);
  expect(vi.getTimerCount()).toBe(1);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(99);
  expect(take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(take()).toEqual(["account 7", "take 1"]);
  append({ subject: "account:8" });
  await vi.advanceTimersByTimeAsync(499);
  expect(take()).toEqual([]);
});

test("a store that is away is looked for again, once is said so, and how long ago it was heard of", async () => {
  const { append, take, store, clock, watcher, logLines } = await open();
  clock.seconds = 10;
  await watcher.look();
  expect(watcher.lagSeconds()).toBe(0);
  store.isAway = true;
  append({ subject: "account:7" });
  clock.seconds = 13;
  await vi.advanceTimersByTimeAsync(3_000);
  expect([watcher.lagSeconds(), new Set(take())]).toEqual([3, new Set(["release"])]);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(500);
  expect([watcher.lagSeconds(), take()]).toEqual([0, ["account 7", "take 1"]]);
  expect(logLines).toEqual(["changes cannot be followed for the moment", "changes are followed again"]);
});

test("while the store is away for more than 2 s, who waits for news is let go: another node may have some", async () => {
  const { take, store, clock, watcher } = await open();
  store.isAway = true;
  clock.seconds += 2;
  await watcher.look();
  expect(take()).toEqual([]);
  clock.seconds += 0.5;
  await watcher.look();
  expect(take()).toEqual(["release"]);
  store.isAway = false;
  await watcher.look();
  expect(take()).toEqual([]);
});

describe("catching up", () => {
  test("has nothing to do where the store was heard of in the last 2 s", async () => {
    const { clock, watcher } = await open();
    clock.seconds += 2;
    expect(watcher.catchUp()).toBe(undefined);
  });

  test("looks at all that has changed, a key first of all", async () => {
    const { append, take, clock, watcher } = await open();
    append({ subject: "signing-key:k1" });
    clock.seconds += 2.1;
    await watcher.catchUp();
    expect(take()).toEqual(["keys", "take 1"]);
    expect(watcher.catchUp()).toBe(undefined);
  });

  test("is refused as a store that is away where that fails", async () => {
    const { store, clock, watcher } = await open();
    store.isAway = true;
    clock.seconds += 2.1;
    await expect(watcher.catchUp()).rejects.toThrow("The store is unavailable: changes cannot be followed.");
  });
});

test.each([
  ["shorter", 1],
  ["as long, and another", 2],
])("a store that was put back to a backup is begun with anew: its log is %s", async (_name, length) => {
  const { append, take, events, watcher, logLines } = await open();
  append({}, {});
  await watcher.look();
  events.splice(0);
  append(...Array.from({ length }, () => ({ subject: "account:1" })));
  take();
  await watcher.look();
  expect([take(), logLines]).toEqual([
    ["everything", "keys", `load ${length}`],
    ["the audit log does not go on from what was read last"],
  ]);
});

test("whoever asks during a look gets one that begins after it was asked for", async () => {
  const { parts, append, take, watcher } = await open();
  const answered = Promise.withResolvers<undefined>();
  parts.storeClock.read = () => answered.promise;
  const first = watcher.look();
  await Promise.resolve();
  const [second, third] = [watcher.look(), watcher.look()];
  append({ subject: "account:7" });
  parts.storeClock.read = async () => undefined;
  answered.resolve(undefined);
  await Promise.all([first, second, third]);
  expect(take()).toEqual(["account 7", "take 1"]);
});

test("after its end it looks no more", async () => {
  const { append, take, watcher } = await open();
  await watcher.stop();
  append({ subject: "account:7" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(take()).toEqual(["stopped"]);
});

describe("R-70: a store that was put back to a backup under a node that runs", () => {
  const unconfirmed = { lacksFrom: 1, lacksTo: 2 };

  test("is another history, too, where its log has become longer than the one that was followed", async () => {
    const { append, events, take, watcher, logLines } = await open();
    append({ subject: "account:1" }, { subject: "account:2" });
    await watcher.look();
    take();
    events.length = 1;
    append({ subject: "account:3" }, { subject: "account:4" });
    await watcher.look();
    expect(take()).toEqual(["everything", "keys", "load 3"]);
    expect(logLines.at(-1)).toBe("the audit log does not go on from what was read last");
  });

  test.each([
    ["whose log goes on", 2],
    ["whose log is another one", 1],
  ])("%s ends the node, and nothing of it is taken, until it is confirmed", async (_name, kept) => {
    const { append, events, take, restore, watcher } = await open();
    append({ subject: "account:1" }, { subject: "account:2" });
    await watcher.look();
    take();
    events.length = kept;
    append({ action: "store.restored", subject: "store" });
    restore.unconfirmed = unconfirmed;
    await watcher.look();
    expect(take()).toEqual(["end This store was restored"]);
    restore.unconfirmed = undefined;
    append({ action: "store.confirmed", subject: "store" });
    await watcher.look();
    expect(take().at(-1)).toMatch(/^(?:take 3,4|load 3)$/);
  });

  test("lets no node begin", async () => {
    const { parts, restore } = createNode();
    restore.unconfirmed = unconfirmed;
    await expect(openChangeWatcher(parts)).rejects.toThrow(/^This store was restored and lacks changes from/);
  });
});
