import { type Kysely, type SqlBool, sql, type Transaction } from "kysely";
import type { RecentRefusalTable, RefusalCountTable, Schema } from "../../schema.ts";
import type { RefusalCount, ViewStorage } from "../../views.ts";
import { cut } from "../cut.ts";
import { hourOf } from "../hour.ts";
import { toUuid } from "../identifiers.ts";
import type { LockRows, SqlParts } from "../write.ts";
import { all, isWithin } from "./conditions.ts";

type Refusals = Pick<ViewStorage, "recordRefusals" | "listRefusals" | "countRefusals">;

/** So many of each credential are kept. */
const recentLimit = 50;

export function createRefusals({ database: { db, transaction, lockRows } }: SqlParts): Refusals {
  return {
    recordRefusals: async (refusals) => {
      if (refusals.length === 0) return;
      await transaction(async (trx) => {
        const owners = await lockOwners(trx, refusals, lockRows);
        for (const rows of cut(countByHour(refusals, owners))) await addCounts(trx, rows);
        const recent = collectRecent(refusals.filter(({ clientId }) => owners.has(clientId ?? "")));
        for (const rows of cut(recent)) await addRecent(trx, rows);
        for (const clientIds of cut([...owners.keys()])) await dropOldest(trx, clientIds);
      });
    },

    listRefusals: async (clientId) => {
      const query = db.selectFrom("recent_refusal").select(["at", "reason", "source", "count"]);
      const rows = await query
        .where("client_id", "=", toUuid(clientId))
        .orderBy("at", "desc")
        .limit(recentLimit)
        .execute();
      return rows.map((row) => ({ ...row, clientId }));
    },

    countRefusals: (reach, since) => countByReason(db, all(isSince(since), isWithin(reach, "account_id"))),
  };
}

type Owners = ReadonlyMap<string, number>;

/**
 * The accounts of the credentials that there are. They are locked in one order, so that two nodes which count refusals
 * of the same ones never wait for each other for good.
 */
async function lockOwners(
  trx: Transaction<Schema>,
  refusals: readonly RefusalCount[],
  lockRows: LockRows,
): Promise<Owners> {
  const clientIds = refusals.flatMap(({ clientId }) => (clientId === undefined ? [] : [toUuid(clientId)]));
  const owners = new Map<string, number>();
  for (const chunk of cut([...new Set(clientIds)].toSorted())) {
    const query = trx.selectFrom("live_credential").select(["client_id", "account_id"]).where("client_id", "in", chunk);
    const rows = await query.orderBy("client_id").$call(lockRows).execute();
    for (const { client_id, account_id } of rows) owners.set(client_id, account_id);
  }
  return owners;
}

/** One row for each credential, hour and reason, in one order. What is of no credential has neither id. */
function countByHour(refusals: readonly RefusalCount[], owners: Owners): readonly RefusalCountTable[] {
  const rows = new Map<string, RefusalCountTable>();
  for (const { clientId = "", at, reason, count } of refusals) {
    const account_id = owners.get(clientId) ?? 0;
    const client_id = account_id === 0 ? "" : clientId;
    const hour = hourOf(at);
    const key = JSON.stringify([client_id, hour, reason]);
    rows.set(key, { client_id, account_id, hour, reason, count: count + (rows.get(key)?.count ?? 0) });
  }
  return [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function addCounts(trx: Transaction<Schema>, rows: readonly RefusalCountTable[]): Promise<void> {
  await trx
    .insertInto("refusal_count")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["client_id", "hour", "reason"])
        .doUpdateSet({ count: sql<number>`refusal_count.count + excluded.count` }),
    )
    .execute();
}

/** Those of one hour, reason and source are one row, so that a flood from one address leaves room for others. */
function collectRecent(refusals: readonly RefusalCount[]): readonly RecentRefusalTable[] {
  const rows = new Map<string, RecentRefusalTable>();
  for (const { clientId: client_id = "", at, reason, source, count } of refusals) {
    const hour = hourOf(at);
    const key = JSON.stringify([client_id, hour, reason, source]);
    const former = rows.get(key);
    const sum = { at: Math.max(at, former?.at ?? at), count: count + (former?.count ?? 0) };
    rows.set(key, { client_id, hour, reason, source, ...sum });
  }
  return [...rows.values()];
}

async function addRecent(trx: Transaction<Schema>, rows: readonly RecentRefusalTable[]): Promise<void> {
  const isLater = sql<SqlBool>`excluded.at > recent_refusal.at`;
  await trx
    .insertInto("recent_refusal")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["client_id", "hour", "reason", "source"]).doUpdateSet({
        at: sql<number>`case when ${isLater} then excluded.at else recent_refusal.at end`,
        count: sql<number>`recent_refusal.count + excluded.count`,
      }),
    )
    .execute();
}

async function dropOldest(trx: Transaction<Schema>, clientIds: readonly string[]): Promise<void> {
  await sql`
    delete from recent_refusal where (client_id, hour, reason, source) in (
      select client_id, hour, reason, source from (
        select client_id, hour, reason, source,
          row_number() over (partition by client_id order by at desc, reason, source) as place
        from recent_refusal where client_id in (${sql.join(clientIds)})
      ) as placed where place > ${sql.lit(recentLimit)}
    )`.execute(trx);
}

function isSince(since: number) {
  return sql<SqlBool>`${sql.ref("hour")} >= ${hourOf(since)}`;
}

async function countByReason(db: Kysely<Schema>, condition: ReturnType<typeof all>) {
  // By hour and reason, which is the order of the index: by the reason alone, SQLite would sort all rows first.
  const rows = await db
    .selectFrom("refusal_count")
    .select(["reason", sql<number>`cast(sum(count) as bigint)`.as("count")])
    .where(condition)
    .groupBy(["hour", "reason"])
    .execute();
  const counts = new Map<string, number>();
  for (const { reason, count } of rows) counts.set(reason, count + (counts.get(reason) ?? 0));
  // Sorted here, because each engine has its own order of texts.
  const found = [...counts].map(([reason, count]) => ({ reason, count }));
  return found.toSorted((left, right) => right.count - left.count || (left.reason < right.reason ? -1 : 1));
}
