import { sql } from "kysely";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createPostgresDatabase } from "../../../test/postgres-database.ts";
import { createWay } from "../../../test/way-to-server.ts";
import {
  type Database,
  forbidChanges,
  integerParameter,
  isUniqueViolation,
  type Migrations,
  migrateDatabase,
  openDatabase,
} from "./index.ts";
import { parseInteger } from "./postgres-driver.ts";

type Schema = { readonly item: { readonly id: number; readonly text: string } };

const migrations: Migrations = {
  "0001_initial": async (target) => {
    await sql`create table item (id bigint not null primary key, text text not null)`.execute(target.db);
  },
};

async function createUrl(more: Migrations = {}): Promise<string> {
  const url = await createPostgresDatabase();
  await migrateDatabase({ url, migrations: { ...migrations, ...more } });
  return url;
}

async function open(url: string): Promise<Database<Schema>> {
  const database = await openDatabase<Schema>({ url, migrations });
  onTestFinished(() => database.close());
  return database;
}

const add = ({ db }: Pick<Database<Schema>, "db">, id: number) =>
  db.insertInto("item").values({ id, text: "x" }).execute();

async function expectUnavailable(work: () => Promise<unknown>, reason: RegExp): Promise<void> {
  const startedAt = performance.now();
  await expect(work()).rejects.toMatchObject({ name: "StoreUnavailable", message: expect.stringMatching(reason) });
  expect(performance.now() - startedAt).toBeLessThan(1400);
}

test("sessions have bounds for statements, locks and idle transactions; integers are numbers", async () => {
  const { db } = await open(await createUrl());
  const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit"];
  const settings = await Promise.all(names.map((name) => sql.raw<Record<string, string>>(`show ${name}`).execute(db)));
  expect(Object.assign({}, ...settings.flatMap(({ rows }) => rows))).toEqual({
    statement_timeout: "1s",
    lock_timeout: "500ms",
    idle_in_transaction_session_timeout: "2s",
    synchronous_commit: "on",
  });
  const { rows } = await sql`select 9007199254740991::bigint as id, count(*) from generate_series(1, 3)`.execute(db);
  expect(rows).toEqual([{ id: 9_007_199_254_740_991, count: 3 }]);
  await expect(sql`select 9007199254740992::bigint`.execute(db)).rejects.toThrow("beyond 2^53");
  expect(parseInteger("-5")).toBe(-5);
});

test("a database whose commits are not on the disk is refused", async () => {
  const url = await createUrl();
  const { db } = await open(url);
  const name = new URL(url).pathname.slice(1);
  await sql.raw(`alter database ${name} set synchronous_commit = off`).execute(db);
  await expect(openDatabase({ url, migrations })).rejects.toMatchObject({
    name: "UnusableDatabase",
    message: "synchronous_commit of the database is off; it must be on.",
  });
  await sql.raw(`alter database ${name} set synchronous_commit = remote_apply`).execute(db);
  await open(url);
});

test("it is never migrated by opening it, and by two migrators once", async () => {
  const url = await createPostgresDatabase();
  await expect(openDatabase({ url, migrations })).rejects.toThrow(
    "The database lacks 0001_initial. Run migrate first.",
  );
  const runs = await Promise.all([1, 2, 3].map(() => migrateDatabase({ url, migrations })));
  expect(runs.flat()).toEqual(["0001_initial"]);
  await open(url);
});

test("a database of a newer program is refused", async () => {
  const url = await createUrl({ "0002_contract_x": async () => {} });
  await expect(openDatabase({ url, migrations })).rejects.toThrow(
    "The database is newer than this program, which does not know 0002_contract_x. Start a newer program.",
  );
});

test("a step that fails leaves nothing behind", async () => {
  const broken: Migrations = {
    "0002_broken": async ({ db }) => {
      await sql`create table other (id bigint)`.execute(db);
      throw new Error("half-way");
    },
  };
  const url = await createPostgresDatabase();
  await expect(migrateDatabase({ url, migrations: { ...migrations, ...broken } })).rejects.toThrow("half-way");
  expect(await migrateDatabase({ url, migrations })).toEqual(["0001_initial"]);
  const { db } = await open(url);
  const { rows } = await sql`select to_regclass('other') as other`.execute(db);
  expect(rows).toEqual([{ other: null }]);
});

test("a transaction is all or nothing, and a swallowed failure is not taken for a commit", async () => {
  const database = await open(await createUrl());
  await expect(
    database.transaction(async (trx) => {
      await add({ db: trx }, 1);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await expect(
    database.transaction(async (trx) => {
      await add({ db: trx }, 1);
      await sql`select 1 / 0`.execute(trx).catch(() => {});
    }),
  ).rejects.toThrow("rolled back instead of committed");
  expect(await database.db.selectFrom("item").selectAll().execute()).toEqual([]);
  await add(database, 1);
  expect(await add(database, 1).catch(isUniqueViolation)).toBe(true);
});

test("a locked row makes the other one wait half a second, then the store is too busy", async () => {
  const { db, transaction, lockRows } = await open(await createUrl());
  await add({ db }, 1);
  const query = lockRows(db.selectFrom("item").select("id").where("id", "=", 1));
  const lock = query.compile();
  await transaction(async (trx) => {
    await trx.executeQuery(lock);
    await expectUnavailable(() => transaction((other) => other.executeQuery(lock)), /SQLSTATE 55P03/);
  });
  await transaction((trx) => trx.executeQuery(lock));
});

test("a locked row is left out where free ones are asked for, and nobody waits", async () => {
  const { db, transaction, lockRows, lockFreeRows } = await open(await createUrl());
  await Promise.all([1, 2, 3].map((id) => add({ db }, id)));
  const rows = db.selectFrom("item").select("id").orderBy("id");
  const lock = lockRows(rows.where("id", "=", 2)).compile();
  const lockFree = lockFreeRows(rows).compile();
  await transaction(async (trx) => {
    await trx.executeQuery(lock);
    const free = await transaction((other) => other.executeQuery(lockFree));
    expect(free.rows).toEqual([{ id: 1 }, { id: 3 }]);
  });
  expect((await transaction((trx) => trx.executeQuery(lockFree))).rows).toHaveLength(3);
});

test("the clock is the store's own, in milliseconds, and goes on within a transaction", async () => {
  const { transaction, clock } = await open(await createUrl());
  await transaction(async (trx) => {
    const read = async () => (await sql<{ now: number }>`select ${clock} as now`.execute(trx)).rows[0]?.now ?? 0;
    const before = await read();
    expect(Math.abs(before - Date.now())).toBeLessThan(5000);
    await sql`select pg_sleep(0.02)`.execute(trx);
    expect((await read()) - before).toBeGreaterThanOrEqual(19);
  });
});

test("the clock is read by itself", async () => {
  const { readClock } = await open(await createUrl());
  expect(Math.abs((await readClock()) - Date.now())).toBeLessThan(5000);
});

describe("listening", () => {
  async function listen(url: string, channel: string) {
    const database = await open(url);
    const heard = { notifications: 0, losses: 0 };
    const stop = await database.listen(
      channel,
      () => {
        heard.notifications += 1;
      },
      () => {
        heard.losses += 1;
      },
    );
    onTestFinished(stop);
    const notify = () => sql`select pg_notify(${channel}, '')`.execute(database.db);
    return { database, heard, stop, notify };
  }

  test("tells of what is committed on its channel, and of nothing else", async () => {
    const { database, heard, notify } = await listen(await createUrl(), "biped_changes");
    await database
      .transaction(async (trx) => {
        await sql`select pg_notify('biped_changes', '')`.execute(trx);
        throw new Error("rolled back");
      })
      .catch(() => {});
    await sql`select pg_notify('others', '')`.execute(database.db);
    await notify();
    await vi.waitFor(() => expect(heard).toEqual({ notifications: 1, losses: 0 }));
    await notify();
    await vi.waitFor(() => expect(heard).toEqual({ notifications: 2, losses: 0 }));
  });

  test("a connection that the server ends is told of once and made anew by itself", async () => {
    const { database, heard, notify } = await listen(await createUrl(), "biped_changes");
    const end = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'biped listening'`;
    await end.execute(database.db);
    await vi.waitFor(() => expect(heard).toEqual({ notifications: 0, losses: 1 }));
    await vi.waitFor(
      async () => {
        await notify();
        expect(heard.notifications).toBeGreaterThan(0);
      },
      { timeout: 5_000, interval: 100 },
    );
    expect(heard.losses).toBe(1);
  });

  test("a server that is away is no error, and is listened to once it is back", async () => {
    const way = await createWay(await createUrl());
    const { heard, notify } = await listen(way.url, "biped_changes");
    way.cut();
    await vi.waitFor(() => expect(heard.losses).toBe(1));
    await way.mend();
    await vi.waitFor(
      async () => {
        await notify();
        expect(heard.notifications).toBeGreaterThan(0);
      },
      { timeout: 5_000, interval: 100 },
    );
  });

  test.each([
    ["by itself", "stop"],
    ["with the database", "close"],
  ] as const)("after its end there is no connection and nothing is told: %s", async (_name, by) => {
    const url = await createUrl();
    const { heard, ...listening } = await listen(url, "biped_changes");
    await (by === "stop" ? listening.stop() : listening.database.close());
    const database = await open(url);
    await sql`select pg_notify('biped_changes', '')`.execute(database.db);
    const count = sql<{ count: number }>`select count(*) from pg_stat_activity
      where datname = current_database() and application_name = 'biped listening'`;
    await vi.waitFor(async () => expect((await count.execute(database.db)).rows[0]?.count).toBe(0));
    expect(heard).toEqual({ notifications: 0, losses: 0 });
  });
});

test("a statement without end, and a pool without a free connection, are bounded", async () => {
  const { db, transaction, ping } = await open(await createUrl());
  await expectUnavailable(() => sql`select pg_sleep(3)`.execute(db), /Query read timeout|57014/);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holders = Array.from({ length: 10 }, () => transaction(() => held));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expectUnavailable(ping, /timeout exceeded when trying to connect/);
  release();
  await Promise.all(holders);
  await ping();
});

test("connections that the server ends are noticed and replaced, and the process goes on", async () => {
  const { db, transaction, ping } = await open(await createUrl());
  const endOthers = sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.05)`.execute(db)));
  await expect(
    transaction(async (trx) => {
      await add({ db: trx }, 1);
      await endOthers.execute(db);
      await add({ db: trx }, 2);
    }),
  ).rejects.toMatchObject({ name: "StoreUnavailable" });
  await ping();
  expect(await db.selectFrom("item").selectAll().execute()).toEqual([]);
});

test("a server that stops makes the store unavailable within a second, and it is back as soon as the server", async () => {
  const way = await createWay(await createUrl());
  const database = await open(way.url);
  await add(database, 1);
  way.cut();
  const refused = /ECONNREFUSED|ECONNRESET|Connection terminated/;
  await expectUnavailable(() => add(database, 2), refused);
  await expectUnavailable(database.ping, refused);
  await expectUnavailable(() => database.transaction((trx) => add({ db: trx }, 2)), refused);
  await expect(openDatabase({ url: way.url, migrations })).rejects.toMatchObject({ name: "StoreUnavailable" });
  await way.mend();
  await add(database, 2);
});

test("a server that falls silent makes the store unavailable within a second, and its late answers reach nobody", async () => {
  const way = await createWay(await createUrl());
  const { db, ping, transaction } = await open(way.url);
  await add({ db }, 1);
  way.setSilent(true);
  const silent = /timeout/i;
  await Promise.all([
    ...Array.from({ length: 12 }, () => expectUnavailable(ping, silent)),
    expectUnavailable(() => transaction((trx) => add({ db: trx }, 2)), silent),
  ]);
  way.setSilent(false);
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, id) => sql<{ id: number }>`select ${integerParameter(id)} as id`.execute(db)),
  );
  expect(ids.map(({ rows }) => rows[0]?.id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
});

test("no message holds the password, and TLS that the server lacks is not done without", async () => {
  const url = new URL(await createPostgresDatabase());
  url.password = "wrong-password";
  const wrong = await openDatabase({ url: url.href, migrations }).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ name: "StoreUnavailable", message: "The store is unavailable: SQLSTATE 28P01." });
  expect(JSON.stringify([wrong, String(wrong), (wrong as Error).cause])).not.toContain("wrong-password");
  url.searchParams.set("sslmode", "verify-full");
  await expect(openDatabase({ url: url.href, migrations })).rejects.toThrow(
    "The server does not support SSL connections",
  );
});

test("rows of a protected table cannot be changed, deleted or replaced, nor the table emptied", async () => {
  const protection: Migrations = { "0002_expand_protection": (target) => forbidChanges(target, "item") };
  const database = await open(await createUrl(protection));
  await add(database, 1);
  const statements = [
    "update item set text = 'y'",
    "delete from item",
    "insert into item values (1, 'y') on conflict (id) do update set text = 'y'",
    "truncate item",
  ];
  for (const statement of statements) {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow("rows of item are never changed");
  }
});
