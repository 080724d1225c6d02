import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Footing,
  followRevocations,
  isRevoked,
  markCredential,
  markKey,
  markSecret,
  markToken,
  parseRevocations,
  type RevocationDocument,
} from "@biped/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import { migrateStorage, openStorage } from "../storage/open-storage.ts";
import type { AuditEvent, Author, SigningKey, Storage } from "../storage/storage.ts";
import { readRevocation } from "./read-revocation.ts";
import { createRevocationFeed, type FeedParts } from "./revocation-feed.ts";

const at = 1_800_000_000;
const author: Author = { at, actor: "operator", requestId: undefined };
const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));

function createFeed(storage: FeedParts["storage"], clock = { seconds: at }, snapshotSeconds = 0) {
  const keyRing = { keySet: () => ({ keys: [{ kid: "k1" }] }) };
  return createRevocationFeed({
    storage,
    kek,
    keyRing,
    issuer: "https://auth.example.com",
    snapshotSeconds,
    nowSeconds: () => clock.seconds,
  });
}

type Feed = ReturnType<typeof createFeed>;

const wait = { seconds: 20, source: "192.0.2.1" };

function read(feed: Feed, after?: number): RevocationDocument {
  const [, payload = ""] = feed.formatDocument(after, 1).split(".");
  const document = parseRevocations(Buffer.from(payload, "base64url").toString("latin1"));
  if (document === undefined) throw new Error("The document is malformed.");
  return document;
}

function refuses(document: RevocationDocument, footing: Footing): boolean {
  const state = followRevocations(undefined, { ...document, after: 0 });
  return state !== undefined && isRevoked(footing, state);
}

/** What a token stands on that is issued now. */
type Issue = (tokenId?: string, secretId?: string) => Promise<Footing>;

type Given = {
  readonly storage: Storage;
  readonly accountId: number;
  readonly projectId: number;
  readonly clientId: string;
  readonly secretId: string;
  readonly kid: string;
  readonly issue: Issue;
};

async function create(storage: Storage): Promise<Given> {
  const { id: accountId } = await storage.createAccount({ name: "Example" }, author);
  const cloud = randomUUID();
  await storage.createCloud({ name: cloud, endpoint: `https://${cloud}.example.com` }, author);
  const place = { id: undefined, accountId, cloud, name: "UX ANALYTICS", timeZone: "UTC" };
  const project = await storage.createProject(place, author);
  if (typeof project === "string") throw new Error(project);
  const clientId = randomUUID();
  const rights = { scopes: ["data-export", "metrics"], allowedRanges: ["192.0.0.0/16"], expiresAt: at + 86_400 };
  const credential = { clientId, accountId, projectId: project.id, name: "Nightly export", ...rights };
  const secret = makeSecret();
  await storage.createCredential(credential, secret, author);
  const kid = await openActiveKey(storage);
  const issue: Issue = async (tokenId = randomUUID(), secretId = secret.id) => {
    const client = await storage.findClient(clientId);
    const [account, own] = [await storage.findAccount(accountId), await storage.findProject(project.id)];
    const epoch = client?.credential.epoch ?? -1;
    const signedBy = (await storage.listSigningKeys()).find(({ state }) => state === "active")?.kid ?? "";
    return {
      account: [accountId, account?.epoch ?? -1],
      project: [project.id, own?.epoch ?? -1],
      marks: [markToken(tokenId), markSecret(secretId), markCredential(clientId, epoch), markKey(signedBy)],
      issuedAt: at,
    };
  };
  return { storage, accountId, projectId: project.id, clientId, secretId: secret.id, kid, issue };
}

function makeSecret() {
  return { id: randomUUID(), digest: "0a".repeat(32), pepperId: "pepper-1", expiresAt: undefined };
}

function makeKey(state: "next" | "active"): SigningKey {
  const dates = { createdAt: at, stateSince: at };
  return { kid: randomUUID(), algorithm: "Ed25519", state, publicJwk: "{}", sealedPrivateKey: "sealed", ...dates };
}

async function openActiveKey(storage: Storage): Promise<string> {
  await storage.addSigningKey(makeKey("active"), author);
  return (await storage.listSigningKeys()).find(({ state }) => state === "active")?.kid ?? "";
}

async function compromise({ storage, kid }: Given): Promise<void> {
  const compromised = { kid, replacement: makeKey("active"), formerActiveKid: kid };
  expect(await storage.compromiseSigningKey(compromised, author)).toBe(true);
}

async function disableAndEnable(change: (state: "disabled" | "enabled") => Promise<unknown>): Promise<void> {
  await change("disabled");
  await change("enabled");
}

async function createCloud(storage: Storage): Promise<string> {
  const name = randomUUID();
  await storage.createCloud({ name, endpoint: `https://${name}.example.com` }, author);
  return name;
}

const changeCredential =
  (change: Parameters<Storage["changeCredential"]>[1]) =>
  ({ storage, clientId }: Given) =>
    storage.changeCredential(clientId, change, author);

/** Every change that takes something away, and whatever makes it possible to issue a token again. */
const takings: readonly (readonly [string, (given: Given) => Promise<unknown>])[] = [
  [
    "an account is disabled",
    ({ storage, accountId }) => disableAndEnable((state) => storage.setAccountState(accountId, state, author)),
  ],
  [
    "an account's tokens are revoked",
    ({ storage, accountId: id }) => storage.revokeTokensOf({ kind: "account", id }, author),
  ],
  [
    "a project is disabled",
    ({ storage, projectId }) => disableAndEnable((state) => storage.changeProject(projectId, { state }, author)),
  ],
  [
    "a project is moved",
    async ({ storage, projectId }) => storage.moveProject(projectId, await createCloud(storage), author),
  ],
  [
    "a project's tokens are revoked",
    ({ storage, projectId: id }) => storage.revokeTokensOf({ kind: "project", id }, author),
  ],
  [
    "a credential is disabled",
    ({ storage, clientId }) => disableAndEnable((state) => storage.changeCredential(clientId, { state }, author)),
  ],
  ["a scope is taken away", changeCredential({ scopes: ["metrics"] })],
  ["a credential ends earlier", changeCredential({ expiresAt: at + 100 })],
  ["the ranges of a credential are narrower", changeCredential({ allowedRanges: ["192.0.2.0/24"] })],
  [
    "a credential's tokens are revoked",
    ({ storage, clientId }) => storage.revokeTokensOf({ kind: "credential", clientId }, author),
  ],
  ["a signing key is compromised", compromise],
];

/** Changes that leave all tokens good. */
const others: readonly (readonly [string, (given: Given) => Promise<unknown>])[] = [
  ["an account is renamed", ({ storage, accountId }) => storage.changeAccount(accountId, { name: "x" }, author)],
  ["a project is renamed", ({ storage, projectId }) => storage.changeProject(projectId, { name: "x" }, author)],
  ["a credential is renamed", changeCredential({ name: "x" })],
  ["a credential gets a scope", changeCredential({ scopes: ["metrics", "data-export", "session-replay"] })],
  ["a credential ends later", changeCredential({ expiresAt: undefined })],
  ["the ranges of a credential are wider", changeCredential({ allowedRanges: [] })],
  [
    "a secret is rotated",
    ({ storage, clientId }) =>
      storage.rotateSecret({ clientId, secret: makeSecret(), formerExpiresAt: at + 10 }, author),
  ],
  [
    "another token is revoked",
    ({ storage, clientId, accountId }) =>
      storage.revokeToken({ tokenId: randomUUID(), clientId, accountId, until: at + 3600 }, author),
  ],
  ["everything before this second is revoked", ({ storage }) => storage.revokeTokensBefore(at, author)],
];

describe.each(["sqlite", "postgres"])("on %s, by the events as they are stored", (engine) => {
  const folder = mkdtempSync(join(tmpdir(), "biped-feed-"));
  let storage: Storage;
  beforeAll(async () => {
    const url = engine === "sqlite" ? `sqlite:${join(folder, "feed.db")}` : await createPostgresDatabase();
    await migrateStorage(url);
    storage = await openStorage(url);
  });
  afterAll(async () => {
    await storage?.close();
    rmSync(folder, { recursive: true });
  });

  /** The whole as a node tells it that starts now, and what a node adds that followed all along. */
  async function tellBoth(change: () => Promise<unknown>): Promise<readonly RevocationDocument[]> {
    const following = createFeed(storage);
    const head = await storage.findAuditHead();
    await following.load(head);
    await change();
    await following.take(await storage.listAuditEvents(head.sequence, 100));
    const starting = createFeed(storage);
    await starting.load(await storage.findAuditHead());
    const added = read(following, head.sequence);
    expect(added).toEqual(read(starting, head.sequence));
    return [added, read(starting)];
  }

  test.each(takings)("%s: tokens of before are void, one of after is good", async (_name, take) => {
    const given = await create(storage);
    const before = await given.issue();
    const documents = await tellBoth(() => take(given));
    const after = await given.issue();
    for (const document of documents)
      expect([refuses(document, before), refuses(document, after)]).toEqual([true, false]);
  });

  test.each(others)("%s: tokens of before stay good", async (_name, change) => {
    const given = await create(storage);
    const before = await given.issue();
    for (const document of await tellBoth(() => change(given))) expect(refuses(document, before)).toBe(false);
  });

  test("a deleted credential: its tokens are void", async () => {
    const { clientId, issue } = await create(storage);
    const before = await issue();
    const documents = await tellBoth(() => storage.deleteCredential(clientId, author));
    for (const document of documents) expect(refuses(document, before)).toBe(true);
  });

  test("a retired secret: its tokens are void, those of the other secret are good", async () => {
    const { clientId, secretId, issue } = await create(storage);
    const secret = makeSecret();
    await storage.rotateSecret({ clientId, secret, formerExpiresAt: at + 10 }, author);
    const [first, second] = [await issue("t1", secretId), await issue("t2", secret.id)];
    const documents = await tellBoth(() => storage.retireSecret({ clientId, secretId }, author));
    for (const document of documents)
      expect([refuses(document, first), refuses(document, second)]).toEqual([true, false]);
  });

  test("a cancelled rotation: tokens of the new secret are void, those of the former one are good", async () => {
    const { clientId, secretId, issue } = await create(storage);
    const secret = makeSecret();
    await storage.rotateSecret({ clientId, secret, formerExpiresAt: at + 10 }, author);
    const [first, second] = [await issue("t1", secretId), await issue("t2", secret.id)];
    const documents = await tellBoth(() => storage.cancelRotation({ clientId, secretId: secret.id }, author));
    for (const document of documents)
      expect([refuses(document, first), refuses(document, second)]).toEqual([false, true]);
  });

  test("a revoked token: it alone is void", async () => {
    const { clientId, accountId, issue } = await create(storage);
    const [first, second] = [await issue("t1"), await issue("t2")];
    const revocation = { tokenId: "t1", clientId, accountId, until: at + 3600 };
    const documents = await tellBoth(() => storage.revokeToken(revocation, author));
    for (const document of documents)
      expect([refuses(document, first), refuses(document, second)]).toEqual([true, false]);
  });

  test("everything before the next second: whatever was issued is void, and nothing of then", async () => {
    const { issue } = await create(storage);
    const before = await issue();
    for (const document of await tellBoth(() => storage.revokeTokensBefore(at + 1, author))) {
      expect([refuses(document, before), refuses(document, { ...before, issuedAt: at + 1 })]).toEqual([true, false]);
    }
  });

  test("where a project has moved to is told with the endpoint that its cloud has now", async () => {
    const { projectId } = await create(storage);
    const feed = createFeed(storage);
    await feed.load(await storage.findAuditHead());
    const follow = async (change: Promise<unknown>) => {
      const { sequence } = read(feed);
      await change;
      await feed.take(await storage.listAuditEvents(sequence, 100));
      return read(feed).moved.find(([id]) => id === projectId)?.[1];
    };
    const [first, second] = [await createCloud(storage), await createCloud(storage)];
    expect(await follow(storage.moveProject(projectId, first, author))).toBe(`https://${first}.example.com`);
    expect(await follow(storage.moveProject(projectId, second, author))).toBe(`https://${second}.example.com`);
    const endpoint = `https://${randomUUID()}.example.com`;
    expect(await follow(storage.setCloudEndpoint({ name: second, endpoint }, author))).toBe(endpoint);
  });

  test("projects are told as disabled while they or their account are", async () => {
    const { projectId, accountId } = await create(storage);
    const isTold = async (change: Promise<unknown>) => {
      await change;
      const feed = createFeed(storage);
      await feed.load(await storage.findAuditHead());
      return read(feed).disabled?.includes(projectId);
    };
    expect(await isTold(storage.changeProject(projectId, { state: "disabled" }, author))).toBe(true);
    expect(await isTold(storage.setAccountState(accountId, "disabled", author))).toBe(true);
    expect(await isTold(storage.changeProject(projectId, { state: "enabled" }, author))).toBe(true);
    expect(await isTold(storage.setAccountState(accountId, "enabled", author))).toBe(false);
  });

  test("disabled projects are told for as long as they are, but only to whom they are news", async () => {
    const { projectId } = await create(storage);
    await storage.changeProject(projectId, { state: "disabled" }, { ...author, at: author.at - 86_400 });
    const feed = createFeed(storage);
    await feed.load(await storage.findAuditHead());
    const { disabled, sequence } = read(feed);
    expect(disabled).toContain(projectId);
    await storage.createAccount({ name: "Another" }, author);
    await feed.take(await storage.listAuditEvents(sequence, 10));
    expect([read(feed).disabled, read(feed, sequence).disabled]).toEqual([disabled, undefined]);
    await storage.changeProject(projectId, { state: "enabled" }, author);
    await feed.take(await storage.listAuditEvents(sequence + 1, 10));
    expect(read(feed, sequence).disabled).toEqual(disabled?.filter((id) => id !== projectId));
  });
});

describe("what is remembered", () => {
  const folder = mkdtempSync(join(tmpdir(), "biped-feed-"));
  let storage: Storage;
  beforeAll(async () => {
    storage = await openStorage(`sqlite:${join(folder, "feed.db")}`);
  });
  afterAll(async () => {
    await storage?.close();
    rmSync(folder, { recursive: true });
  });

  const revoke = (tokenId: string, seconds: number) =>
    storage.revokeToken({ tokenId, clientId: "c", accountId: 1, until: seconds + 3600 }, { ...author, at: seconds });

  test.each([0, 900])(
    "R-20: a revocation is told for the life of a token, five minutes, and the %i s of a copy",
    async (copySeconds) => {
      const clock = { seconds: at };
      const feed = createFeed(storage, clock, copySeconds);
      await revoke(`t${copySeconds}`, at);
      await feed.load(await storage.findAuditHead());
      const isToldAt = async (seconds: number) => {
        clock.seconds = seconds;
        // A document is signed once for all who ask before the next change.
        await feed.take([]);
        return read(feed).marks.includes(markToken(`t${copySeconds}`));
      };
      const end = at + 3_900 + copySeconds;
      expect([await isToldAt(end - 1), await isToldAt(end)]).toEqual([true, false]);
      expect(feed.measure().live).toBe(0);
    },
  );

  test("pages of events are read back up to the first that is all too old; before it nothing is known", async () => {
    const events = Array.from({ length: 2_000 }, (_, index): AuditEvent => {
      const entry = { actor: "operator", action: "token.revoked", subject: `token:${index}`, hash: "" };
      const none = { accountId: 1, requestId: undefined, source: undefined, before: undefined, after: {} };
      return { ...entry, ...none, sequence: index + 1, at: index < 1_400 || index % 4 > 0 ? at - 3_900 : at };
    });
    const pageAuditEvents = vi.fn<Storage["pageAuditEvents"]>(async (_reach, _filter, { before = 0, limit }) =>
      events.slice(Math.max(0, before - 1 - limit), before - 1).toReversed(),
    );
    const feed = createFeed({ ...storage, pageAuditEvents });
    await feed.load({ sequence: 2_000, hash: "" });
    expect(pageAuditEvents).toHaveBeenCalledTimes(3);
    expect(read(feed)).toMatchObject({ after: 0, sequence: 2_000 });
    expect(read(feed).marks).toHaveLength(150);
    const askings = [499, 500, 1_990, 2_000, 2_001].map((after) => read(feed, after));
    expect(askings.map(({ after, marks }) => [after, marks.length])).toEqual([
      [0, 150],
      [500, 150],
      [1_990, 2],
      [2_000, 0],
      [0, 150],
    ]);
  });

  test("whoever waits hears of what was taken back, and not of what was not", async () => {
    const feed = createFeed(storage);
    const head = await storage.findAuditHead();
    await feed.load(head);
    let heard = false;
    const waiting = feed.waitForNews(head.sequence, wait).then(() => {
      heard = true;
    });
    const { id } = await storage.createAccount({ name: "Example" }, author);
    await feed.take(await storage.listAuditEvents(head.sequence, 100));
    await Promise.resolve();
    expect([heard, feed.measure()]).toEqual([false, expect.objectContaining({ waiting: 1 })]);
    await storage.setAccountState(id, "disabled", author);
    await feed.take(await storage.listAuditEvents(head.sequence + 1, 100));
    await waiting;
    expect(feed.measure().waiting).toBe(0);
    await feed.waitForNews(head.sequence, wait);
  });

  test("a sequence that another node told a moment ago is waited for, for a second", async () => {
    const feed = createFeed(storage);
    const head = await storage.findAuditHead();
    await feed.load(head);
    vi.useFakeTimers();
    const waiting = feed.waitForNews(head.sequence + 1, wait);
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    vi.useRealTimers();
  });
});

test("parts hold 200 revocations at most: whoever knows less gets the whole, which all others get too", async () => {
  const log = { pageAuditEvents: async () => [], listClouds: async () => [], listDisabledProjects: async () => [] };
  const feed = createFeed(log);
  const revoke = (_: unknown, index: number): AuditEvent => {
    const change = { action: "token.revoked", subject: `token:${index}`, before: undefined, after: undefined };
    return { ...author, ...change, sequence: 10 + 2 * index, accountId: 1, source: undefined, hash: "" };
  };
  await feed.load({ sequence: 9, hash: "" });
  await feed.take(Array.from({ length: 300 }, revoke));
  const countAfter = (after: number) => [read(feed, after).after, read(feed, after).marks.length];
  expect([countAfter(9), countAfter(207)]).toEqual([
    [0, 300],
    [0, 300],
  ]);
  expect(feed.formatDocument(9, 1)).toBe(feed.formatDocument(207, 1));
  expect([countAfter(208), countAfter(209), countAfter(608)]).toEqual([
    [208, 200],
    [209, 200],
    [608, 0],
  ]);
});

test("events of other nouns, or without epochs, take nothing back", () => {
  const change = { before: { epoch: 1 }, after: { epoch: 2 } };
  for (const subject of ["administrator:1", "cloud:1", "accounts", "secret:1", "tokens"]) {
    expect(readRevocation({ action: "x.changed", subject, ...change })).toBeUndefined();
  }
  const lacking = [
    { before: undefined, after: { epoch: 2 } },
    { before: { epoch: 2 }, after: { epoch: 2 } },
    { before: { epoch: 3 }, after: { epoch: 2 } },
    { before: { epoch: "1" }, after: { epoch: 2 } },
    { before: { unreadable: "{" }, after: { epoch: 2 } },
  ];
  for (const each of lacking) {
    expect(readRevocation({ action: "account.changed", subject: "account:1", ...each })).toBeUndefined();
  }
  expect(readRevocation({ action: "account.renamed", subject: "account:1", ...change })).toEqual({
    kind: "account",
    id: 1,
    epoch: 2,
  });
});

test("a document says when it was signed, and is given to all who ask for the same in these ten seconds", async () => {
  const log = { pageAuditEvents: async () => [], listClouds: async () => [], listDisabledProjects: async () => [] };
  const clock = { seconds: at };
  const feed = createFeed(log, clock);
  await feed.load({ sequence: 9, hash: "" });
  const first = feed.formatDocument(9, 1);
  expect(read(feed, 9).issuedAtSeconds).toBe(at);
  clock.seconds = at + 9;
  expect(feed.formatDocument(9, 1)).toBe(first);
  clock.seconds = at + 10;
  expect(read(feed, 9).issuedAtSeconds).toBe(at + 10);
});
