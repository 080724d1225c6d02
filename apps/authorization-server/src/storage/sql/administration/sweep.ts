import type { AdministrationStorage } from "../../administration.ts";
import type { SqlParts } from "../write.ts";

type Sweep = Pick<AdministrationStorage, "sweepEphemera">;

/** so long an answer is kept for who asks again. */
const idempotencySeconds = 86_400;
/** Rows a statement: none must hold the others up. */
const chunkSize = 500;

export function createSweep(parts: SqlParts): Sweep {
  const { db } = parts.database;
  return {
    sweepEphemera: async (at) => {
      for (const table of ["passkey_challenge", "sso_attempt", "invitation"] as const) {
        await db.deleteFrom(table).where("expires_at", "<=", at).execute();
      }
      await db
        .deleteFrom("idempotency_record")
        .where("created_at", "<=", at - idempotencySeconds)
        .execute();
      while ((await sweepSessions(parts, at)) === chunkSize);
    },
  };
}

/** Locks them in the order of their digests, as those do who end the sessions of a person. Answers how many it swept. */
async function sweepSessions({ database: { transaction, lockRows } }: SqlParts, at: number): Promise<number> {
  return await transaction(async (trx) => {
    const query = trx.selectFrom("session").select("digest").where("expires_at", "<=", at);
    const rows = await query.orderBy("digest").limit(chunkSize).$call(lockRows).execute();
    const ended = rows.map(({ digest }) => digest);
    if (ended.length > 0) await trx.deleteFrom("session").where("digest", "in", ended).execute();
    return ended.length;
  });
}
