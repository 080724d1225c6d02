import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase, openDatabase } from "@biped/database";
import { chainStart, linkAuditEntry, verifyAuditChain } from "@biped/management-client/audit-chain";
import { sql } from "kysely";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { describeAdministration } from "./administration-conformance.ts";
import { describeChanges } from "./changes-conformance.ts";
import { describeStorage, type Fixture } from "./conformance.ts";
import { initial } from "./migrations/0001-initial.ts";
import { migrations } from "./migrations/migrations.ts";
import { migrateStorage, openStorage } from "./open-storage.ts";
import type { Schema } from "./schema.ts";
import { nilUuid } from "./sql/identifiers.ts";
import { createSqlStorage } from "./sql-storage.ts";
import type { Author } from "./storage.ts";
import type { Position } from "./views.ts";
import { describeViews } from "./views-conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-storage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function createSqliteUrl(): Promise<string> {
  files += 1;
  return `sqlite:${join(folder, `${files}.db`)}`;
}

async function createPostgresUrl(): Promise<string> {
  const url = await createPostgresDatabase();
  await migrateStorage(url);
  return url;
}

async function createFixture(createUrl: () => Promise<string>): Promise<Fixture> {
  const url = await createUrl();
  return { open: () => openStorage(url), execute: (statement) => execute(url, statement) };
}

async function execute(url: string, statement: string): Promise<void> {
  const { db, close } = await openDatabase<Schema>({ url, migrations });
  try {
    await sql.raw(statement).execute(db);
  } finally {
    await close();
  }
}

for (const suite of [
  { name: "SQLite", rounds: 20, createFixture: () => createFixture(createSqliteUrl) },
  { name: "PostgreSQL", rounds: 10, createFixture: () => createFixture(createPostgresUrl) },
]) {
  describeStorage(suite);
  describeChanges(suite);
  describeViews(suite);
  describeAdministration({ ...suite, rounds: 20 });
}

const author: Author = { at: 1_700_000_000, actor: "operator", requestId: undefined };
const clientId = "c3133d76-0000-4000-8000-000000000001";
const engines = [
  { name: "SQLite", createUrl: createSqliteUrl },
  { name: "PostgreSQL", createUrl: createPostgresUrl },
];

describe.for(engines)("$name", ({ createUrl }) => {
  test("a change of one node is told to another one where the engine can; what changed nothing is not", async () => {
    const url = await createUrl();
    const [one, other] = [await openStorage(url), await openStorage(url)];
    let told = 0;
    const stop = await other.listenForChanges(
      () => {
        told += 1;
      },
      () => expect.unreachable(),
    );
    const { id } = await one.createAccount({ name: "Example" }, author);
    const expected = url.startsWith("sqlite:") ? 0 : 1;
    await vi.waitFor(() => expect(told).toBe(expected));
    await one.setAccountState(id, "enabled", author);
    await one.setAccountState(id, "disabled", author);
    await vi.waitFor(() => expect(told).toBe(2 * expected));
    await stop();
    await Promise.all([one.close(), other.close()]);
  });

  test("the clock is the store's own, the same for two nodes", async () => {
    const url = await createUrl();
    const [one, other] = [await openStorage(url), await openStorage(url)];
    const [first, second] = [await one.readClock(), await other.readClock()];
    expect(second - first).toBeGreaterThanOrEqual(0);
    expect(Math.abs(first - Date.now())).toBeLessThan(5_000);
    await Promise.all([one.close(), other.close()]);
  });

  test("C-06: of several cut-offs for everything the latest holds, and old ones are left out", async () => {
    const storage = await openStorage(await createUrl());
    expect(await storage.findNotBefore(0)).toBe(0);
    await storage.revokeTokensBefore(author.at + 1, author);
    await storage.revokeTokensBefore(author.at - 100, { ...author, at: author.at + 10 });
    const cutOffs = [0, author.at, author.at + 1, author.at + 11].map((since) => storage.findNotBefore(since));
    expect(await Promise.all(cutOffs)).toEqual([author.at + 1, author.at + 1, author.at - 100, 0]);
    await storage.close();
  });

  test("a deleted credential keeps its id and state, and its secrets' rows lose digest and pepper", async () => {
    const url = await createUrl();
    const database = await openDatabase<Schema>({ url, migrations });
    const storage = createSqlStorage(database);
    const { id: accountId } = await storage.createAccount({ name: "Example" }, author);
    const more = { projectId: undefined, name: "x", scopes: [], allowedRanges: [], expiresAt: undefined };
    const secret = { id: "secret-1", digest: "0a", pepperId: "pepper-1", expiresAt: undefined };
    await storage.createCredential({ clientId, accountId, ...more }, secret, author);
    await storage.deleteCredential(clientId, author);
    const { db } = database;
    expect(await db.selectFrom("credential").select(["client_id", "state", "epoch"]).execute()).toEqual([
      { client_id: clientId, state: "deleted", epoch: 1 },
    ]);
    expect(await db.selectFrom("secret").select(["id", "digest", "pepper_id", "retired_at"]).execute()).toEqual([
      { id: "secret-1", digest: null, pepper_id: null, retired_at: null },
    ]);
    await storage.close();
  });

  test("tokens are added up for each secret and hour", async () => {
    const database = await openDatabase<Schema>({ url: await createUrl(), migrations });
    const storage = createSqlStorage(database);
    const use = { clientId, secretId: "secret-1", source: "192.0.2.1", tokens: 2 };
    const many = Array.from({ length: 1200 }, (_, index) => ({ ...use, secretId: `s-${index}`, lastUsedAt: 7200 }));
    await storage.recordUse([
      { ...use, lastUsedAt: 7199 },
      { ...use, lastUsedAt: 7200 },
      { ...use, lastUsedAt: 3600 },
    ]);
    await storage.recordUse([{ ...use, lastUsedAt: 10_799 }, ...many]);
    const rows = await database.db.selectFrom("usage").selectAll().where("secret_id", "=", "secret-1").orderBy("hour");
    expect(await rows.execute()).toEqual([
      { client_id: clientId, secret_id: "secret-1", hour: 3600, tokens: 4 },
      { client_id: clientId, secret_id: "secret-1", hour: 7200, tokens: 4 },
    ]);
    const { tokens } = await database.db
      .selectFrom("usage")
      .select((select) => select.fn.count<number>("tokens").as("tokens"))
      .executeTakeFirstOrThrow();
    expect(tokens).toBe(1202);
    await storage.close();
  });

  test("findClient runs its one statement also for what can be no id", async () => {
    const database = await openDatabase<Schema>({ url: await createUrl(), migrations });
    const asked: (readonly unknown[])[] = [];
    const storage = createSqlStorage({
      ...database,
      hold: (query) => {
        const run = database.hold(query);
        return (...parameters) => {
          asked.push(parameters);
          return run(...parameters);
        };
      },
    });
    await storage.findClient(clientId);
    await storage.findClient("no id");
    await storage.findClient("no\0ne");
    expect(asked).toEqual([[clientId], [nilUuid], [nilUuid]]);
    await storage.close();
  });
});

test("SQLite: two processes that write the same file wait for each other", async () => {
  const url = await createSqliteUrl();
  const storage = await openStorage(url);
  const program = `
    const { openStorage } = await import(${JSON.stringify(new URL("open-storage.ts", import.meta.url).href)});
    const storage = await openStorage(${JSON.stringify(url)});
    for (let count = 0; count < 150; count += 1) {
      await storage.createAccount({ name: "child" }, { at: 1700000000, actor: "system", requestId: undefined });
    }
    await storage.close();
  `;
  const children = [1, 2].map(
    () =>
      new Promise((resolve) => {
        const flags = ["--conditions=biped-source", "--input-type=module", "--eval", program];
        spawn(process.execPath, flags, { stdio: ["ignore", "ignore", "inherit"] }).once("exit", resolve);
      }),
  );
  for (let count = 0; count < 150; count += 1) await storage.createAccount({ name: "parent" }, author);
  expect(await Promise.all(children)).toEqual([0, 0]);
  const head = await storage.findAuditHead();
  expect(head.sequence).toBe(450);
  expect(verifyAuditChain(await storage.listAuditEvents(0, 1000), { head })).toBeUndefined();
  expect((await storage.listAccounts()).map(({ id }) => id)).toEqual(Array.from({ length: 450 }, (_, id) => id + 1));
  await storage.close();
});

test("credentials and secrets are read through the views that leave out what is deleted", () => {
  const sources = globSync("sql/**/*.ts", { cwd: import.meta.dirname }).map((file) => join(import.meta.dirname, file));
  expect(sources.length).toBeGreaterThan(10);
  for (const source of sources) {
    expect(readFileSync(source, "utf8")).not.toMatch(/(?:selectFrom|Join)\(\s*\[?["'](?:credential|secret)\b/);
  }
});

test("a migration may be run twice and by two at once; PostgreSQL is refused before it", async () => {
  const steps = [
    ...["0001_initial", "0002_expand_management", "0003_expand_administrators"],
    ...["0004_expand_usage_gaps", "0005_expand_revocations", "0006_expand_shared_limits"],
  ];
  const url = await createPostgresDatabase();
  await expect(openStorage(url)).rejects.toThrow(`The database lacks ${steps.join(", ")}. Run migrate first.`);
  const runs = await Promise.all([migrateStorage(url), migrateStorage(url)]);
  expect(runs.flat()).toEqual(steps);
  expect(await migrateStorage(url)).toEqual([]);
});

/** What lives for a time only. Of all else nothing is ever deleted. */
const swept = [
  "idempotency_record",
  "recent_refusal",
  "session",
  "invitation",
  "membership",
  "access_token",
  "passkey",
  "passkey_challenge",
  "recovery_code",
  "sso_attempt",
  "totp_enrolment",
  "token_revocation",
  "issue_event",
];

test("PostgreSQL: a role that may change no table, and no audit event, is all that a server needs", async () => {
  const url = await createPostgresUrl();
  const role = `role_${randomUUID().replaceAll("-", "")}`;
  for (const statement of [
    `create role ${role} login password 'only-for-tests'`,
    `grant select, insert, update on all tables in schema public to ${role}`,
    `revoke insert, update on kysely_migration from ${role}`,
    `revoke update on audit_event from ${role}`,
    `grant delete on ${swept.join(", ")} to ${role}`,
  ]) {
    await execute(url, statement);
  }
  const limited = new URL(url);
  limited.username = role;
  const storage = await openStorage(limited.href);
  const { id: accountId } = await storage.createAccount({ name: "Example" }, author);
  const more = { projectId: undefined, name: "x", scopes: ["metrics"], allowedRanges: [], expiresAt: undefined };
  const secret = { id: "secret-1", digest: "0a", pepperId: "pepper-1", expiresAt: undefined };
  await storage.createCredential({ clientId, accountId, ...more }, secret, author);
  const rotation = { clientId, secret: { ...secret, id: "secret-2" }, formerExpiresAt: author.at };
  expect(await storage.rotateSecret(rotation, author)).toMatchObject({ secretId: "secret-2" });
  await storage.recordUse([{ clientId, secretId: "secret-2", lastUsedAt: author.at, source: "192.0.2.1", tokens: 1 }]);
  expect((await storage.findClient(clientId))?.secrets[1]).toMatchObject({ lastUsedAt: author.at });
  await storage.recordRefusals([{ clientId, at: author.at, reason: "wrong secret", source: "192.0.2.1", count: 1 }]);
  expect((await storage.listRefusals(clientId)).length).toBe(1);
  const refused = { ...author, idempotency: { key: "refused", fingerprint: "f1" } };
  expect(await storage.moveProject(1, "none", refused)).toBeUndefined();
  await storage.sweepEphemera(author.at);
  expect(await storage.deleteCredential(clientId, author)).toBe(true);
  await storage.close();
  for (const forbidden of ["create table x (id bigint)", "update audit_event set at = 0", "delete from account"]) {
    await expect(execute(limited.href, forbidden)).rejects.toThrow("permission denied");
  }
});

/** As a database of the version before the management API was, with something in it. */
async function fillFormerDatabase(url: string): Promise<void> {
  const former = { "0001_initial": initial };
  if (url.startsWith("postgres")) await migrateDatabase({ url, migrations: former });
  const database = await openDatabase<Schema>({ url, migrations: former });
  const link = linkAuditEntry(chainStart, formerEvent);
  for (const statement of [
    `insert into account (id, name, state, epoch) values (7, 'ÉTÉ Ａ', 'enabled', 2), (8, 'Old', 'enabled', 0)`,
    `insert into cloud (name, endpoint) values ('aws', 'https://aws.example.com')`,
    `insert into project (id, account_id, cloud, name, time_zone, state, epoch)
      values (70, 7, 'aws', 'STRASSE ß', 'UTC', 'enabled', 1)`,
    `insert into credential (client_id, account_id, project_id, name, scopes, allowed_ranges, state, epoch, created_at)
      values ('${clientId}', 7, 70, 'Nightly', '["metrics"]', '[]', 'enabled', 0, 1600000000)`,
    `insert into secret (id, client_id, ordinal, digest, pepper_id, created_at)
      values ('secret-1', '${clientId}', 1, '0a', 'pepper-1', 1600000000)`,
    `insert into usage (client_id, secret_id, hour, tokens)
      values ('${clientId}', 'secret-1', 1599998400, 2), ('${clientId}', 'secret-0', 1599998400, 3)`,
    `insert into audit_event (sequence, at, actor, action, subject, account_id, after, hash)
      values (1, 1500000000, 'operator', 'account.created', 'account:7', 7, '{"name":"x"}', '${link.hash}')`,
    `update audit_head set sequence = 1, hash = '${link.hash}'`,
  ]) {
    await sql.raw(statement).execute(database.db);
  }
  await database.close();
}

const formerEvent = {
  at: 1_500_000_000,
  actor: "operator",
  action: "account.created",
  subject: "account:7",
  accountId: 7,
  requestId: undefined,
  source: undefined,
  before: undefined,
  after: { name: "x" },
};

test.for([
  { name: "SQLite", createUrl: createSqliteUrl },
  { name: "PostgreSQL", createUrl: createPostgresDatabase },
])("$name: what was there before is listed, searched and dated, and its audit log is intact", async ({ createUrl }) => {
  const url = await createUrl();
  await fillFormerDatabase(url);
  if (url.startsWith("postgres")) await migrateStorage(url);
  const storage = await openStorage(url);
  expect(await storage.listAccounts()).toEqual([
    {
      id: 7,
      name: "ÉTÉ Ａ",
      state: "enabled",
      epoch: 2,
      createdAt: 1_500_000_000,
      credentialLifetimeLimitDays: undefined,
      version: 1,
    },
    expect.objectContaining({ id: 8, createdAt: 0, version: 1 }),
  ]);
  const kinds = async (text: string) => (await storage.search("every account", text)).map(({ kind }) => kind);
  expect([await kinds("été a"), await kinds("strasse ß"), await kinds("NIGHT")]).toEqual([
    ["account"],
    ["project"],
    ["credential"],
  ]);
  const period = { since: 0, bucketSeconds: 86_400 } as const;
  expect(await storage.readUsage({ accountIds: [7] }, period)).toMatchObject([{ tokens: 5 }]);
  const rotation = {
    clientId,
    secret: { id: "secret-2", digest: "0b", pepperId: "pepper-1", expiresAt: undefined },
    formerExpiresAt: author.at + 60,
  };
  expect(await storage.rotateSecret(rotation, { ...author, source: "192.0.2.1" })).toMatchObject({
    credential: { createdAt: 1_600_000_000, version: 2 },
  });
  const [first, second] = await storage.listAuditEvents(0, 10);
  expect(first).toEqual({ ...formerEvent, sequence: 1, hash: linkAuditEntry(chainStart, formerEvent).hash });
  expect(second).toMatchObject({ sequence: 2, source: "192.0.2.1" });
  const head = await storage.findAuditHead();
  expect(verifyAuditChain(await storage.listAuditEvents(0, 10), { head })).toBeUndefined();
  await storage.close();
});

test("the program before it can write into a database that was brought to this version", async () => {
  const url = await createSqliteUrl();
  const storage = await openStorage(url);
  await execute(url, `insert into account (id, name, state, epoch) values (1, 'Old', 'enabled', 0)`);
  expect(await storage.findAccount(1)).toMatchObject({ createdAt: 0, version: 1 });
  expect(await storage.changeAccount(1, { name: "New" }, author)).toMatchObject({ name: "New", version: 2 });
  expect((await storage.search("every account", "new")).length).toBe(1);
  await storage.close();
});

test("PostgreSQL: names have the same order in a database of another language", async () => {
  const url = new URL(await createPostgresDatabase());
  const name = `icu_${randomUUID().replaceAll("-", "")}`;
  await migrateStorage(url.href);
  await execute(url.href, `create database ${name} template template0 locale_provider icu icu_locale 'de'`);
  url.pathname = `/${name}`;
  await migrateStorage(url.href);
  const storage = await openStorage(url.href);
  for (const text of ["zebra", "ärger", "a-b", "ab", "a c", "Ab", "_x"])
    await storage.createAccount({ name: text }, author);
  const list = async (after: Position | undefined) =>
    storage.pageAccounts("every account", {}, { limit: 4, after, sort: { column: "name", descending: false } });
  const first = await list(undefined);
  const names = [...first.items, ...(await list(first.next)).items].map((account) => account.name);
  expect(names).toEqual(["_x", "a c", "a-b", "ab", "Ab", "zebra", "ärger"]);
  await storage.close();
});
