import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { CoreStorage, Sealed } from "../storage.ts";
import { toSigningKey } from "./signing-keys.ts";
import type { LockRows, SqlParts } from "./write.ts";

export function createEnvelopes({ database: { lockRows }, write }: SqlParts): Pick<CoreStorage, "rewrapEnvelopes"> {
  return {
    rewrapEnvelopes: ({ id, rewrap }, author) =>
      write(author, async (trx) => {
        let envelopes = 0;
        for (const sealed of await lockEnvelopes(trx, lockRows)) {
          const next = rewrap(sealed);
          if (next === undefined) continue;
          await replaceEnvelope(trx, sealed, next);
          envelopes += 1;
        }
        if (envelopes === 0) return { answer: envelopes };
        const described = { subject: `key-encryption-key:${id}`, accountId: undefined };
        const change = { ...described, before: undefined, after: { envelopes } };
        return { answer: envelopes, change: { action: "key-encryption-key.rotated", ...change } };
      }),
  };
}

/** Each kind in the order of its ids, as all lock them. */
async function lockEnvelopes(trx: Transaction<Schema>, lockRows: LockRows): Promise<readonly Sealed[]> {
  const keys = trx.selectFrom("signing_key").selectAll().where("state", "<>", "gone").orderBy("kid");
  const peppers = trx.selectFrom("pepper").selectAll().orderBy("id");
  const enrolments = trx.selectFrom("totp_enrolment").selectAll().orderBy("administrator_id");
  return [
    ...(await keys.$call(lockRows).execute()).map((row) => ({ kind: "signing-key", key: toSigningKey(row) }) as const),
    ...(await peppers.$call(lockRows).execute()).map(({ id, sealed, created_at }) => {
      return { kind: "pepper", pepper: { id, sealed, createdAt: created_at } } as const;
    }),
    ...(await enrolments.$call(lockRows).execute()).map(({ administrator_id, sealed }) => {
      return { kind: "totp", administratorId: administrator_id, sealed } as const;
    }),
  ];
}

async function replaceEnvelope(trx: Transaction<Schema>, former: Sealed, sealed: string): Promise<void> {
  if (former.kind === "signing-key") {
    const update = trx.updateTable("signing_key").set({ sealed_private_key: sealed });
    await update.where("kid", "=", former.key.kid).execute();
  } else if (former.kind === "pepper") {
    await trx.updateTable("pepper").set({ sealed }).where("id", "=", former.pepper.id).execute();
  } else {
    const update = trx.updateTable("totp_enrolment").set({ sealed });
    await update.where("administrator_id", "=", former.administratorId).execute();
  }
}
