import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { SecretUse, Storage } from "../storage.ts";
import type { SqlParts } from "./write.ts";

type Usage = Pick<Storage, "recordUse">;
type UsageRow = Schema["usage"];

const secondsPerHour = 3600;
/** Rows a statement: PostgreSQL takes 65,535 parameters, and one statement must not hold the others up. */
const chunkSize = 500;

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
        for (const [lastUsedAt, secretIds] of groupByTime(live)) await recordTime(trx, lastUsedAt, secretIds);
        for (const rows of cut(countByHour(uses))) await addTokens(trx, rows);
      });
    },
  };
}

/** The time of use only goes forward, whichever node writes first. */
async function recordTime(trx: Transaction<Schema>, lastUsedAt: number, secretIds: readonly string[]): Promise<void> {
  for (const chunk of cut(secretIds)) {
    await trx
      .updateTable("secret")
      .set({ last_used_at: lastUsedAt })
      .where("id", "in", chunk)
      .where((is) => is.or([is("last_used_at", "is", null), is("last_used_at", "<", lastUsedAt)]))
      .execute();
  }
}

async function addTokens(trx: Transaction<Schema>, rows: readonly UsageRow[]): Promise<void> {
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

function groupByTime(uses: readonly SecretUse[]): ReadonlyMap<number, readonly string[]> {
  const times = new Map<number, string[]>();
  for (const { lastUsedAt, secretId } of uses) {
    const ids = times.get(lastUsedAt) ?? [];
    ids.push(secretId);
    times.set(lastUsedAt, ids);
  }
  return times;
}

/** One row for each secret and hour, in one order. */
function countByHour(uses: readonly SecretUse[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const { clientId, secretId, lastUsedAt, tokens } of uses) {
    const hour = lastUsedAt - (lastUsedAt % secondsPerHour);
    const key = `${clientId} ${secretId} ${hour}`;
    const former = rows.get(key)?.tokens ?? 0;
    rows.set(key, { client_id: clientId, secret_id: secretId, hour, tokens: former + tokens });
  }
  return [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

function cut<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / chunkSize);
  return Array.from({ length: count }, (_, index) => items.slice(index * chunkSize, (index + 1) * chunkSize));
}
