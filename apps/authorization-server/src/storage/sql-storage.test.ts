import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@biped/database";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { verifyAuditChain } from "./audit-chain.ts";
import { describeStorage, type Fixture } from "./conformance.ts";
import { migrations } from "./migrations/migrations.ts";
import { migrateStorage, openStorage } from "./open-storage.ts";
import type { Schema } from "./schema.ts";
import { nilUuid } from "./sql/identifiers.ts";
import { createSqlStorage } from "./sql-storage.ts";
import type { Author } from "./storage.ts";

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

describeStorage({ name: "SQLite", rounds: 20, createFixture: () => createFixture(createSqliteUrl) });
describeStorage({ name: "PostgreSQL", rounds: 10, createFixture: () => createFixture(createPostgresUrl) });

const author: Author = { at: 1_700_000_000, actor: "operator", requestId: undefined };
const clientId = "c3133d76-0000-4000-8000-000000000001";
const engines = [
  { name: "SQLite", createUrl: createSqliteUrl },
  { name: "PostgreSQL", createUrl: createPostgresUrl },
];

describe.for(engines)("$name", ({ createUrl }) => {
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
    const use = { clientId, secretId: "secret-1", tokens: 2 };
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
  const sources = globSync("sql/*.ts", { cwd: import.meta.dirname }).map((file) => join(import.meta.dirname, file));
  expect(sources.length).toBeGreaterThan(10);
  for (const source of sources) {
    expect(readFileSync(source, "utf8")).not.toMatch(/(?:selectFrom|Join)\(\s*\[?["'](?:credential|secret)\b/);
  }
});

test("a migration may be run twice and by two at once; PostgreSQL is refused before it", async () => {
  const url = await createPostgresDatabase();
  await expect(openStorage(url)).rejects.toThrow("The database lacks 0001_initial. Run migrate first.");
  const runs = await Promise.all([migrateStorage(url), migrateStorage(url)]);
  expect(runs.flat()).toEqual(["0001_initial"]);
  expect(await migrateStorage(url)).toEqual([]);
});

test("PostgreSQL: a role that may change no table, and no audit event, is all that a server needs", async () => {
  const url = await createPostgresUrl();
  const role = `role_${randomUUID().replaceAll("-", "")}`;
  for (const statement of [
    `create role ${role} login password 'only-for-tests'`,
    `grant select, insert, update on all tables in schema public to ${role}`,
    `revoke insert, update on kysely_migration from ${role}`,
    `revoke update on audit_event from ${role}`,
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
  expect(await storage.rotateSecret(rotation, author)).toMatchObject({ id: "secret-2" });
  await storage.recordUse([{ clientId, secretId: "secret-2", lastUsedAt: author.at, tokens: 1 }]);
  expect((await storage.findClient(clientId))?.secrets[1]).toMatchObject({ lastUsedAt: author.at });
  expect(await storage.deleteCredential(clientId, author)).toBe(true);
  await storage.close();
  for (const forbidden of ["create table x (id bigint)", "update audit_event set at = 0", "delete from account"]) {
    await expect(execute(limited.href, forbidden)).rejects.toThrow("permission denied");
  }
});
