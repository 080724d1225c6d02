import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { sql } from "kysely";
import { afterAll, expect, test } from "vitest";
import {
  type Database,
  forbidChanges,
  integerParameter,
  isUniqueViolation,
  type Migrations,
  migrateDatabase,
  openDatabase,
  StoreUnavailable,
  textParameter,
} from "./index.ts";
import { isNetworkFileSystem } from "./sqlite-file.ts";

type Schema = { readonly item: { readonly id: number; readonly text: string } };

const migrations: Migrations = {
  "0001_initial": async ({ db }) => {
    await sql`create table item (id bigint not null primary key, text text not null)`.execute(db);
  },
};

const folder = mkdtempSync(join(tmpdir(), "biped-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const createPath = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};
const open = (path: string): Promise<Database<Schema>> => openDatabase<Schema>({ url: `sqlite:${path}`, migrations });
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const add = ({ db }: Pick<Database<Schema>, "db">, id: number) =>
  db.insertInto("item").values({ id, text: "x" }).execute();
const listIds = async ({ db }: Database<Schema>) =>
  (await db.selectFrom("item").select("id").orderBy("id").execute()).map(({ id }) => id);

test("the file, its log and its index have mode 0600, a new file and one that was open to others", async () => {
  const path = createPath();
  const database = await open(path);
  await add(database, 1);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    expect(modeOf(file)).toBe(0o600);
    chmodSync(file, 0o644);
  }
  const other = await open(path);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(modeOf(file)).toBe(0o600);
  await Promise.all([database.close(), other.close()]);
});

test("both connections are durable, strict and patient, and need no other directory; only one can write", async () => {
  const { db, close } = await open(createPath());
  const settings: Record<string, readonly unknown[]> = {};
  const safe = ["journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "secure_delete"];
  const names = [...safe, "busy_timeout", "temp_store"];
  for (const name of names) {
    const pragma = sql<Record<string, unknown>>`select * from ${sql.raw(`pragma_${name}`)}`;
    const { rows: ofWriter } = await pragma.execute(db);
    const ofReader = await db
      .selectFrom(sql<Record<string, unknown>>`${sql.raw(`pragma_${name}`)}`.as("p"))
      .selectAll()
      .execute();
    settings[name] = [...ofWriter, ...ofReader].flatMap((row) => Object.values(row));
  }
  expect(settings).toEqual({
    journal_mode: ["wal", "wal"],
    synchronous: [2, 2],
    foreign_keys: [1, 1],
    recursive_triggers: [1, 1],
    secure_delete: [1, 1],
    busy_timeout: [10, 500],
    temp_store: [2, 2],
  });
  const queryOnly = db.selectFrom(sql<{ query_only: number }>`pragma_query_only`.as("p")).selectAll();
  expect(await queryOnly.execute()).toEqual([{ query_only: 1 }]);
  await close();
});

test("what cannot be opened is refused in one line", async () => {
  const file = createPath();
  writeFileSync(file, "This is a text of more than one hundred bytes. ".repeat(10));
  const directory = createPath();
  mkdirSync(directory);
  const refusals: readonly (readonly [string, RegExp])[] = [
    [`sqlite:${directory}`, /^sqlite:.* cannot be opened: it is a directory\.$/],
    [`sqlite:${join(folder, "none", "x.db")}`, /^sqlite:.* cannot be opened: its directory does not exist\.$/],
    [`sqlite:${join(file, "x.db")}`, /^sqlite:.* cannot be opened: (its directory is a file|ENOTDIR)\.$/],
    [`sqlite:${file}`, /^sqlite:.* cannot be opened: the file is no SQLite database\.$/],
    ["sqlite:", /^The database URL must name a file: sqlite:PATH\.$/],
    ["sqlite::memory:", /^The database URL must name a file: sqlite:PATH\.$/],
    ["sqlite:///var/x.db", /^The database URL must name a file: sqlite:PATH\.$/],
    ["mysql://x", /^The database URL must start with "sqlite:" or "postgres:\/\/"\.$/],
  ];
  for (const [url, message] of refusals) {
    await expect(openDatabase({ url, migrations })).rejects.toMatchObject({
      name: "UnusableDatabase",
      message: expect.stringMatching(message),
    });
  }
});

test.runIf(process.platform === "linux")("a place that nobody can write is refused in one line", async () => {
  await expect(open("/sys/biped.db")).rejects.toThrow(
    /cannot be opened: (it cannot be written by this user|EINVAL)\.$/,
  );
});

test("NFS, SMB, CIFS and SMB2 are known as network file systems, ext4, btrfs and tmpfs are not", () => {
  expect([0x6969, 0x517b, 0xff534d42, 0xff534d42 | 0, 0xfe534d42].map(isNetworkFileSystem)).toEqual(
    Array(5).fill(true),
  );
  expect([0xef53, 0x9123683e, 0x01021994].map(isNetworkFileSystem)).toEqual([false, false, false]);
});

test("a file of a newer program is refused, unless its newer steps only add", async () => {
  const path = createPath();
  const url = `sqlite:${path}`;
  const nothing = async (): Promise<void> => {};
  await migrateDatabase({ url, migrations: { ...migrations, "0002_expand_x": nothing } });
  await (await open(path)).close();
  await migrateDatabase({ url, migrations: { ...migrations, "0002_expand_x": nothing, "0003_contract_x": nothing } });
  const refusal = {
    name: "UnusableDatabase",
    message: "The database is newer than this program, which does not know 0003_contract_x. Start a newer program.",
  };
  await expect(open(path)).rejects.toMatchObject(refusal);
  await expect(migrateDatabase({ url, migrations })).rejects.toMatchObject(refusal);
});

test("four programs that open a new file at once all find it migrated", async () => {
  const path = createPath();
  const databases = await Promise.all([1, 2, 3, 4].map(() => open(path)));
  await Promise.all(databases.map(add));
  expect(await listIds(databases[0]!)).toEqual([0, 1, 2, 3]);
  await Promise.all(databases.map(({ close }) => close()));
});

test("a step that fails leaves nothing behind", async () => {
  const path = createPath();
  const broken: Migrations = {
    ...migrations,
    "0002_broken": async ({ db }) => {
      await sql`create table other (id bigint)`.execute(db);
      throw new Error("half-way");
    },
  };
  await expect(openDatabase({ url: `sqlite:${path}`, migrations: broken })).rejects.toThrow("half-way");
  const database = await open(path);
  const { rows } = await sql`select name from sqlite_schema where name = 'other'`.execute(database.db);
  expect(rows).toEqual([]);
  await database.close();
});

test("a transaction is all or nothing, and transactions run one after the other", async () => {
  const database = await open(createPath());
  await expect(
    database.transaction(async (trx) => {
      await add({ db: trx }, 1);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await Promise.all(
    [1, 2, 3, 4, 5].map(() =>
      database.transaction(async (trx) => {
        const { next } = await trx
          .selectFrom("item")
          .select((select) => sql<number>`coalesce(${select.fn.max("id")}, 0) + 1`.as("next"))
          .executeTakeFirstOrThrow();
        await add({ db: trx }, next);
      }),
    ),
  );
  expect(await listIds(database)).toEqual([1, 2, 3, 4, 5]);
  await database.close();
});

test("a writer of another process holds up writers, but no reader and no timer", async () => {
  const path = createPath();
  const database = await open(path);
  await add(database, 1);
  const other = new Sqlite(path);
  other.exec("begin immediate");
  const order: string[] = [];
  const writing = database.transaction((trx) => add({ db: trx }, 2)).then(() => order.push("written"));
  const startedAt = performance.now();
  expect(await listIds(database)).toEqual([1]);
  expect(performance.now() - startedAt).toBeLessThan(1000);
  await new Promise((resolve) => setTimeout(resolve, 150));
  order.push("released");
  other.exec("commit");
  await writing;
  expect(order).toEqual(["released", "written"]);
  other.close();
  await database.close();
});

test("a full disk makes the store unavailable for writing, not for reading, and it recovers", async () => {
  const database = await open(createPath());
  await add(database, 1);
  const limit = (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(database.db);
  await limit(1);
  const fill = database.transaction(async (trx) => {
    await add({ db: trx }, 2);
    await trx
      .insertInto("item")
      .values({ id: 3, text: "x".repeat(100_000) })
      .execute();
  });
  await expect(fill).rejects.toMatchObject({
    name: "StoreUnavailable",
    message: "The store is unavailable: SQLITE_FULL.",
  });
  expect(await listIds(database)).toEqual([1]);
  await limit(1_000_000);
  await database.transaction((trx) => add({ db: trx }, 2));
  expect(await listIds(database)).toEqual([1, 2]);
  await database.close();
});

test("a held statement takes other parameters, and as many as it was built with", async () => {
  const database = await open(createPath());
  await Promise.all([1, 2, 3].map((id) => add(database, id)));
  const { db, hold } = database;
  const query = db.selectFrom("item").select("id").where("id", ">", integerParameter(0));
  const find = hold(query.where("text", "=", textParameter("")));
  expect(await find(1, "x")).toEqual([{ id: 2 }, { id: 3 }]);
  expect(await find(2, "x")).toEqual([{ id: 3 }]);
  expect(await find(2, "y")).toEqual([]);
  await expect(find(2)).rejects.toThrow("A held statement lacks parameters.");
  await database.close();
});

test("nobody is told of changes, and the clock is read by itself", async () => {
  const { listen, readClock, close } = await open(createPath());
  const stop = await listen(
    "biped_changes",
    () => expect.unreachable(),
    () => expect.unreachable(),
  );
  await stop();
  expect(Math.abs((await readClock()) - Date.now())).toBeLessThan(1000);
  await close();
});

test("the clock is the store's own, in milliseconds", async () => {
  const { db, clock, close } = await open(createPath());
  const { rows } = await sql<{ now: number }>`select ${clock} as now, typeof(${clock}) as type`.execute(db);
  expect(rows).toEqual([{ now: expect.any(Number), type: "integer" }]);
  expect(Math.abs((rows[0]?.now ?? 0) - Date.now())).toBeLessThan(5000);
  await close();
});

test("a unique violation is told apart, and texts and numbers that cannot be stored are refused", async () => {
  const database = await open(createPath());
  await add(database, 1);
  expect(await add(database, 1).catch(isUniqueViolation)).toBe(true);
  for (const text of ["a\0b", "\ud800"]) {
    await expect(database.db.insertInto("item").values({ id: 2, text }).execute()).rejects.toThrow(
      "A text with NUL or a lone surrogate cannot be stored.",
    );
  }
  await expect(add(database, 2 ** 53)).rejects.toThrow("A number that is no safe integer cannot be stored.");
  await database.close();
});

test("rows of a protected table cannot be changed, deleted or replaced", async () => {
  const protect: Migrations = {
    ...migrations,
    "0002_expand_protection": (target) => forbidChanges(target, "item"),
  };
  const database = await openDatabase<Schema>({ url: `sqlite:${createPath()}`, migrations: protect });
  await add(database, 1);
  for (const statement of ["update item set text = 'y'", "delete from item", "replace into item values (1, 'y')"]) {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow("rows of item are never changed");
  }
  await database.close();
});

test("it may be closed twice; afterwards nothing is answered", async () => {
  const database = await open(createPath());
  await database.ping();
  await Promise.all([database.close(), database.close()]);
  await expect(database.ping()).rejects.toThrow();
  expect(StoreUnavailable).toBeDefined();
});
