import { sql, type Transaction } from "kysely";
import type { AccountUsageTable, Schema, UsageTable } from "../schema.ts";
import type { CoreStorage, SecretUse } from "../storage.ts";
import { cut } from "./cut.ts";
import { hourOf } from "./hour.ts";
import type { SqlParts } from "./write.ts";

type Usage = Pick<CoreStorage, "recordUse">;

export function createUsage({ database: { transaction, lockRows } }: SqlParts): Usage {
  return {
    recordUse: async (uses) => {
      if (uses.length === 0) return;
      await transaction(async (trx) => {
        const locked = new Set<string>();
        const ids = [...new Set(uses.map(({ secretId }) => secretId))].toSorted();
        // Locked in the order of their ids, as everywhere, so that two nodes do not wait for each other.
        for (const chunk of cut(ids)) {
          const query = trx.selectFrom("live_secret").select("id").where("id", "in", chunk).orderBy("id");
          for (const { id } of await query.$call(lockRows).execute()) locked.add(id);
        }
        const live = uses.filter(({ secretId }) => locked.has(secretId));
        for (const use of groupByUse(live)) await recordTime(trx, use);
        const counts = countByHour(uses);
        for (const rows of cut(counts)) await addTokens(trx, rows);
        for (const rows of cut(await countByAccount(trx, counts))) await addAccountTokens(trx, rows);
      });
    },
  };
}

type LatestUse = Pick<SecretUse, "lastUsedAt" | "source"> & { readonly secretIds: readonly string[] };

/** The time of use only goes forward, whichever node writes first. */
async function recordTime(trx: Transaction<Schema>, { lastUsedAt, source, secretIds }: LatestUse): Promise<void> {
  for (const chunk of cut(secretIds)) {
    await trx
      .updateTable("secret")
      .set({ last_used_at: lastUsedAt, last_used_source: source })
      .where("id", "in", chunk)
      .where((is) => is.or([is("last_used_at", "is", null), is("last_used_at", "<", lastUsedAt)]))
      .execute();
  }
}

async function addTokens(trx: Transaction<Schema>, rows: readonly UsageTable[]): Promise<void> {
  await trx
    .insertInto("usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["client_id", "secret_id", "hour"])
        .doUpdateSet({ tokens: sql<number>`usage.tokens + excluded.tokens` }),
    )
    .execute();
}

async function addAccountTokens(trx: Transaction<Schema>, rows: readonly AccountUsageTable[]): Promise<void> {
  await trx
    .insertInto("account_usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["account_id", "hour"])
        .doUpdateSet({ tokens: sql<number>`account_usage.tokens + excluded.tokens` }),
    )
    .execute();
}

/** What was used at one time from one address is written at once. */
function groupByUse(uses: readonly SecretUse[]): readonly LatestUse[] {
  const groups = new Map<string, SecretUse[]>();
  for (const use of uses) {
    const key = `${use.lastUsedAt} ${use.source}`;
    const group = groups.get(key) ?? [];
    group.push(use);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => {
    const secretIds = group.map(({ secretId }) => secretId);
    return group.slice(0, 1).map(({ lastUsedAt, source }) => ({ lastUsedAt, source, secretIds }));
  });
}

/** One row for each secret and hour, in one order. */
function countByHour(uses: readonly SecretUse[]): readonly UsageTable[] {
  const rows = new Map<string, UsageTable>();
  for (const { clientId, secretId, lastUsedAt, tokens } of uses) {
    const hour = hourOf(lastUsedAt);
    const key = `${clientId} ${secretId} ${hour}`;
    const former = rows.get(key)?.tokens ?? 0;
    rows.set(key, { client_id: clientId, secret_id: secretId, hour, tokens: former + tokens });
  }
  return [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

/** One row for each account and hour, in one order. Use of a credential that was deleted meanwhile is in no sum. */
async function countByAccount(
  trx: Transaction<Schema>,
  counts: readonly UsageTable[],
): Promise<readonly AccountUsageTable[]> {
  const owners = await findOwners(trx, [...new Set(counts.map(({ client_id }) => client_id))]);
  const rows = new Map<string, AccountUsageTable>();
  for (const { client_id, hour, tokens } of counts) {
    const account_id = owners.get(client_id);
    if (account_id === undefined) continue;
    const key = `${account_id} ${hour}`;
    rows.set(key, { account_id, hour, tokens: tokens + (rows.get(key)?.tokens ?? 0) });
  }
  return [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function findOwners(
  trx: Transaction<Schema>,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const owners = new Map<string, number>();
  for (const chunk of cut(clientIds)) {
    const query = trx.selectFrom("live_credential").select(["client_id", "account_id"]);
    const rows = await query.where("client_id", "in", chunk).execute();
    for (const { client_id, account_id } of rows) owners.set(client_id, account_id);
  }
  return owners;
}
