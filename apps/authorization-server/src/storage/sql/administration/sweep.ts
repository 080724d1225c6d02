import type { AdministrationStorage } from "../../administration.ts";
import type { SqlParts } from "../write.ts";

type Sweep = Pick<AdministrationStorage, "sweepEphemera">;

/** so long an answer is kept for who asks again. */
const idempotencySeconds = 86_400;
/** so long it is told which tokens were issued in the audit mode `strict`. */
const issueEventSeconds = 30 * 86_400;
/** A token is refused as expired by then, whatever the clock of the guard. */
const clockToleranceSeconds = 300;
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
      while ((await sweepIssueEvents(parts, at)) === chunkSize);
      await db
        .deleteFrom("token_revocation")
        .where("until", "<=", at - clockToleranceSeconds)
        .execute();
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

async function sweepIssueEvents({ database: { db } }: SqlParts, at: number): Promise<number> {
  const over = db
    .selectFrom("issue_event")
    .select("token_id")
    .where("at", "<=", at - issueEventSeconds)
    .limit(chunkSize);
  const deletion = db.deleteFrom("issue_event").where("token_id", "in", over);
  return Number((await deletion.executeTakeFirst()).numDeletedRows);
}
