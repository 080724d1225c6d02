import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { CoreStorage, UsageGap, UsageNode } from "../storage.ts";
import type { LockRows, SqlParts } from "./write.ts";

type UsageNodes = Pick<
  CoreStorage,
  "beginUsageNode" | "touchUsageNode" | "endUsageNode" | "recordUsageGap" | "listUsageGaps"
>;

/** Many times the pause between two touches, so that a store which was away for a moment leaves no marks. */
const silentSeconds = 60;
const listedGaps = 100;

export function createUsageNodes({ database: { db, engine, transaction, lockFreeRows } }: SqlParts): UsageNodes {
  return {
    beginUsageNode: (node) =>
      transaction(async (trx) => {
        // One process serves a SQLite file: whoever is still there has been killed.
        const silentSince = engine === "sqlite" ? Number.MAX_SAFE_INTEGER : node.flushedAt - silentSeconds;
        await markEnded(trx, node, { silentSince, lockFreeRows });
        await trx.insertInto("usage_node").values(toRow(node)).execute();
      }),

    touchUsageNode: (node) =>
      transaction(async (trx) => {
        const touched = await trx
          .updateTable("usage_node")
          .set({ flushed_at: node.flushedAt })
          .where("node_id", "=", node.nodeId)
          .executeTakeFirst();
        if (touched.numUpdatedRows === 0n) await takeBackMark(trx, node);
        await markEnded(trx, node, { silentSince: node.flushedAt - silentSeconds, lockFreeRows });
      }),

    endUsageNode: async (nodeId) => {
      await db.deleteFrom("usage_node").where("node_id", "=", nodeId).execute();
    },

    recordUsageGap: (gap) => transaction((trx) => addGap(trx, gap)),

    listUsageGaps: async (since) => {
      const query = db.selectFrom("usage_gap").selectAll().where("until_at", ">=", since);
      const rows = await query.orderBy("until_at", "desc").orderBy("node_id").limit(listedGaps).execute();
      const gaps = rows.map(({ node_id: nodeId, from_at: from, until_at: until, cause }) => {
        return { nodeId, from, until, cause };
      });
      return gaps.toReversed();
    },
  };
}

/** Of two nodes that find the same silent one, one gets the lock of its row; so does whoever lives after all. */
async function markEnded(
  trx: Transaction<Schema>,
  { nodeId, flushedAt }: UsageNode,
  { silentSince, lockFreeRows }: { readonly silentSince: number; readonly lockFreeRows: LockRows },
): Promise<void> {
  const others = trx.selectFrom("usage_node").select(["node_id", "flushed_at"]).where("node_id", "<>", nodeId);
  const silent = await others.where("flushed_at", "<=", silentSince).$call(lockFreeRows).execute();
  for (const { node_id, flushed_at: from } of silent) {
    await trx.deleteFrom("usage_node").where("node_id", "=", node_id).execute();
    // The clock may have been set back, or a tester's clock have run ahead.
    await addGap(trx, { nodeId: node_id, from, until: Math.max(flushedAt, from), cause: "node ended" });
  }
}

async function takeBackMark(trx: Transaction<Schema>, node: UsageNode): Promise<void> {
  const ended: UsageGap["cause"] = "node ended";
  await trx.deleteFrom("usage_gap").where("node_id", "=", node.nodeId).where("cause", "=", ended).execute();
  await trx.insertInto("usage_node").values(toRow(node)).execute();
}

async function addGap(trx: Transaction<Schema>, { nodeId, from, until, cause }: UsageGap): Promise<void> {
  await trx
    .insertInto("usage_gap")
    .values({ node_id: nodeId, from_at: from, until_at: until, cause })
    .onConflict((conflict) => conflict.columns(["node_id", "from_at", "cause"]).doUpdateSet({ until_at: until }))
    .execute();
}

function toRow({ nodeId, startedAt, flushedAt }: UsageNode) {
  return { node_id: nodeId, started_at: startedAt, flushed_at: flushedAt };
}
