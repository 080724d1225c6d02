import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import type { CoreStorage, Restore } from "../storage.ts";
import { auditColumns, toAuditEvent } from "./audit-log.ts";
import type { SqlParts } from "./write.ts";

type Restores = Pick<CoreStorage, "findUnconfirmedRestore" | "confirmRestore">;

/** What the events of a restore are about. */
export const wholeStore = "store";

export function createRestores({ database: { db, lockRows }, write }: SqlParts): Restores {
  return {
    findUnconfirmedRestore: () => findUnconfirmed(db),

    confirmRestore: (author) =>
      write(author, async (trx) => {
        // Two at once are one after the other: the second finds nothing to confirm.
        await trx.selectFrom("audit_head").select("sequence").$call(lockRows).execute();
        const restore = await findUnconfirmed(trx);
        if (restore === undefined) return { answer: undefined };
        const change = { subject: wholeStore, accountId: undefined, before: undefined, after: { ...restore } };
        return { answer: restore, change: { action: "store.confirmed", ...change } };
      }),
  };
}

async function findUnconfirmed(db: Kysely<Schema>): Promise<Restore | undefined> {
  const query = db.selectFrom("audit_event").select(auditColumns).where("subject", "=", wholeStore);
  const row = await query.orderBy("sequence", "desc").limit(1).executeTakeFirst();
  if (row === undefined || row.action !== "store.restored") return undefined;
  const { after } = toAuditEvent(row);
  return { lacksFrom: Number(after?.lacksFrom), lacksTo: Number(after?.lacksTo) };
}
