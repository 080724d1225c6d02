import type { Kysely } from "kysely";
import type { AdministrationStorage } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import { toName } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { describeAdministrator, lockAdministrator } from "./administrator-rows.ts";

type RecoveryCodes = Pick<AdministrationStorage, "setRecoveryCodes" | "countRecoveryCodes" | "useRecoveryCode">;

export function createRecoveryCodes({ database: { db, lockRows }, write }: SqlParts): RecoveryCodes {
  return {
    setRecoveryCodes: async (administratorId, digests, author) => {
      await write(author, async (trx) => {
        await lockAdministrator(trx, administratorId, lockRows);
        await trx.deleteFrom("recovery_code").where("administrator_id", "=", toName(administratorId)).execute();
        const rows = digests.map((digest) => ({ administrator_id: administratorId, digest }));
        if (rows.length > 0) await trx.insertInto("recovery_code").values(rows).execute();
        const change = { before: undefined, after: { left: digests.length } };
        const described = { ...describeAdministrator(administratorId), ...change };
        return { answer: true, change: { action: "administrator.recovery-codes-made", ...described } };
      });
    },

    countRecoveryCodes: (administratorId) => countCodes(db, administratorId),

    useRecoveryCode: (administratorId, digest, author) =>
      write(author, async (trx) => {
        await lockAdministrator(trx, administratorId, lockRows);
        const deletion = trx.deleteFrom("recovery_code").where("administrator_id", "=", toName(administratorId));
        const used = await deletion.where("digest", "=", toName(digest)).returning("digest").executeTakeFirst();
        if (used === undefined) return { answer: false };
        const left = await countCodes(trx, administratorId);
        const change = { before: { left: left + 1 }, after: { left } };
        const described = { ...describeAdministrator(administratorId), ...change };
        return { answer: true, change: { action: "administrator.recovery-code-used", ...described } };
      }),
  };
}

async function countCodes(db: Kysely<Schema>, administratorId: string): Promise<number> {
  const query = db.selectFrom("recovery_code").select((select) => select.fn.countAll<number>().as("count"));
  return (await query.where("administrator_id", "=", toName(administratorId)).executeTakeFirstOrThrow()).count;
}
