import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase, openDatabase } from "@biped/database";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../../test/postgres-database.ts";
import { initial } from "../migrations/0001-initial.ts";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import { createSqlStorage } from "../sql-storage.ts";
import type { Author } from "../storage.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-administration-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = 1_700_000_000;
const author: Author = { at, actor: "operator", requestId: undefined };
const engines = [
  { name: "SQLite", createUrl: async () => `sqlite:${join(folder, `${randomUUID()}.db`)}` },
  { name: "PostgreSQL", createUrl: createPostgresDatabase },
];

describe.for(engines)("$name", ({ createUrl }) => {
  test("administrators of the first schema become enabled platform owners, and end the setup", async () => {
    const url = await createUrl();
    await migrateDatabase({ url, migrations: { "0001_initial": initial } });
    const former = await openDatabase<Schema>({ url, migrations: { "0001_initial": initial } });
    const id = randomUUID();
    await sql`insert into administrator (id, email, email_key, password_hash, created_at)
      values (${id}, 'Ann@example.com', 'ann@example.com', '$argon2id$hash', ${at})`.execute(former.db);
    await former.close();
    await migrateDatabase({ url, migrations });
    const storage = createSqlStorage(await openDatabase<Schema>({ url, migrations }));
    expect(await storage.findAdministratorByEmail("ann@example.com")).toEqual({
      ...{ id, email: "Ann@example.com", name: "", state: "enabled", isPlatformOwner: true },
      ...{ passwordHash: "$argon2id$hash", hasTotp: false, passkeyCount: 0, sso: undefined, createdAt: at },
      ...{ lastSignedInAt: undefined, memberships: [], version: 1 },
    });
    expect(await storage.isSetupOpen()).toBe(false);
    await storage.close();
  });

  test("no password's hash is kept with the answer for who asks again", async () => {
    const url = await createUrl();
    await migrateDatabase({ url, migrations });
    const database = await openDatabase<Schema>({ url, migrations });
    const storage = createSqlStorage(database);
    const [id, ownerId] = [randomUUID(), randomUUID()];
    const person = { name: "Ann", passwordHash: "$argon2id$hash", isPlatformOwner: true };
    await storage.createAdministrator({ id, email: "ann@example.com", ...person }, author);
    await storage.createAdministrator({ id: ownerId, email: "bob@example.com", ...person }, author);
    const { id: accountId } = await storage.createAccount({ name: "Example" }, author);
    const once = (key: string) => ({ ...author, idempotency: { key, fingerprint: "f" } });
    const changes = [
      () => storage.changeAdministrator(id, { isPlatformOwner: false }, once("1")),
      () => storage.setMembership(id, { accountId, role: "owner" }, once("2")),
    ];
    for (const change of changes) {
      const answer = await change();
      expect(answer).toMatchObject({ passwordHash: "$argon2id$hash" });
      expect(await change()).toEqual(answer);
    }
    const records = await database.db.selectFrom("idempotency_record").select("answer").orderBy("key").execute();
    expect(records).toEqual([
      { answer: expect.stringContaining(id) },
      { answer: expect.stringContaining('"role":"owner"') },
    ]);
    expect(JSON.stringify(records)).not.toContain("argon2id");
    await storage.close();
  });
});
