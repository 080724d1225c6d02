import { type Database, openDatabase, UnusableDatabase } from "@biped/database";
import { type AuditLink, linkAuditEntry } from "@biped/management-client/audit-chain";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import { wholeStore } from "../sql/restores.ts";
import { allTokens } from "../sql/token-revocations.ts";
import { formatEntry } from "../sql/write.ts";
import type { AuditEntry, AuditEvent, Author, Restore } from "../storage.ts";
import { emptyTables, insertRows, type Row, readRowsOfFile } from "./copy-rows.ts";
import { planReplay, type RowChange } from "./replay.ts";
import { type StoredTable, tables } from "./tables.ts";

export type StorageToRestore = {
  /** Of a store without any change. */
  readonly url: string;
  /** Of a backup, as a SQLite file of this version. */
  readonly path: string;
  /** What the log says of the time after the backup, verified to go on from it. */
  readonly later: AsyncIterable<AuditEvent>;
  readonly restore: Restore;
};

/**
 * Puts a backup into an empty store, in one transaction. Nobody's access comes back with it: what later events took
 * away is taken away, tokens of before are void, every key that signed is gone, and nobody is signed in.
 * @throws UnusableDatabase where the store is not empty.
 */
export async function restoreStorage({ url, path, later, restore }: StorageToRestore, author: Author): Promise<void> {
  const source = await openDatabase<Schema>({ url: `sqlite:${path}`, migrations });
  try {
    const target = await openDatabase<Schema>({ url, migrations, use: "migrate" });
    try {
      await target.transaction(async (trx) => {
        await lockEmptyStore(trx, target.lockRows);
        await copyTables(source, trx, author.at);
        await replay(trx, later);
        await appendEntries(trx, createEntries(restore, author));
      });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Every change has an audit event, but for what a fresh store and its migrations hold. */
async function lockEmptyStore(trx: Transaction<Schema>, lockRows: Database<Schema>["lockRows"]): Promise<void> {
  const head = await trx.selectFrom("audit_head").select("sequence").$call(lockRows).executeTakeFirstOrThrow();
  if (head.sequence !== 0)
    throw new UnusableDatabase("The store is not empty; a backup is restored into a new one only.");
}

/** What proves that somebody is here now, or may come in, is good for the moment in which it was made. */
const leftOut: ReadonlySet<StoredTable> = new Set([
  "session",
  "invitation",
  "passkey_challenge",
  "sso_attempt",
  "usage_node",
]);

async function copyTables(source: Database<Schema>, trx: Transaction<Schema>, at: number): Promise<void> {
  await emptyTables(trx, ["setup", "audit_head"]);
  for (const table of tables) {
    if (leftOut.has(table)) continue;
    for await (const rows of readRowsOfFile(source.db, table)) {
      await insertRows(
        trx,
        table,
        rows.map((row) => ({ ...row, ...changeRow(table, row, at) })),
      );
    }
  }
}

/** More than any object was changed in what is lost: no epoch and no version is given twice. */
const step = 1_000_000;

function changeRow(table: StoredTable, row: Row, at: number): Row {
  if (table === "account" || table === "project" || table === "credential") {
    return { epoch: Number(row.epoch) + step, version: Number(row.version) + step };
  }
  // Nobody can tell which of them was found out since, and no token is left that would need one.
  if (table === "signing_key" && row.state !== "gone") {
    return { state: "gone", sealed_private_key: null, state_since: at };
  }
  return table === "setup" ? { digest: null, expires_at: null } : {};
}

/** Events stand in the log as they were, so that it goes on from what outsiders know of it. */
async function replay(trx: Transaction<Schema>, later: AsyncIterable<AuditEvent>): Promise<void> {
  for await (const event of later) {
    for (const change of planReplay(event)) await changeRows(trx, change);
    await appendEvent(trx, event, event);
  }
}

async function changeRows(trx: Transaction<Schema>, change: RowChange): Promise<void> {
  const table = sql.table(change.table);
  if ("insert" in change) {
    const names = Object.keys(change.insert);
    const values = names.map((name) => (name === "epoch" ? raise(change.insert.epoch) : sql`${change.insert[name]}`));
    await sql`insert into ${table} (${sql.join(names.map((name) => sql.ref(name)))})
      values (${sql.join(values)}) on conflict do nothing`.execute(trx);
    return;
  }
  const where = sql.join(
    Object.entries(change.where).map(([name, value]) => sql`${sql.ref(name)} = ${value}`),
    sql` and `,
  );
  if ("delete" in change) {
    await sql`delete from ${table} where ${where}`.execute(trx);
    return;
  }
  const assignments = Object.entries(change.set).map(([name, value]) => {
    return sql`${sql.ref(name)} = ${name === "epoch" ? raise(value) : value}`;
  });
  if (assignments.length > 0) await sql`update ${table} set ${sql.join(assignments)} where ${where}`.execute(trx);
}

function raise(epoch: unknown): RawBuilder<number> {
  return sql<number>`${Number(epoch) + step}`;
}

function createEntries({ lacksFrom, lacksTo }: Restore, { at, actor, requestId, source }: Author) {
  const entry = { at, actor, requestId, source, accountId: undefined, before: undefined };
  // The second that has begun may have tokens of its own.
  const before = at + 1;
  return [
    { ...entry, action: "tokens.revoked-before", subject: allTokens, after: { before } },
    { ...entry, action: "store.restored", subject: wholeStore, after: { lacksFrom, lacksTo } },
  ];
}

async function appendEntries(trx: Transaction<Schema>, entries: readonly AuditEntry[]): Promise<void> {
  for (const entry of entries) {
    const head = await trx.selectFrom("audit_head").select(["sequence", "hash"]).executeTakeFirstOrThrow();
    await appendEvent(trx, entry, linkAuditEntry(head, entry));
  }
}

async function appendEvent(trx: Transaction<Schema>, entry: AuditEntry, { sequence, hash }: AuditLink): Promise<void> {
  const link = { sequence, hash };
  await trx
    .insertInto("audit_event")
    .values({ ...formatEntry(entry), ...link })
    .execute();
  await trx.updateTable("audit_head").set(link).where("id", "=", 1).execute();
}
