import { sql } from "kysely";
import type { AdministrationStorage } from "../../administration.ts";
import { toName } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { describeAdministrator, lockAdministrator } from "./administrator-rows.ts";
import { endSessions, isStillSignedIn } from "./endings.ts";

type Totp = Pick<AdministrationStorage, "beginTotp" | "findTotp" | "useTotpStep" | "confirmTotp" | "removeTotp">;

export function createTotp(parts: SqlParts): Totp {
  const { db } = parts.database;
  return {
    beginTotp: async (administratorId, sealed) => {
      const row = { administrator_id: administratorId, sealed, is_confirmed: 0, last_step: null };
      const insertion = db.insertInto("totp_enrolment").values(row);
      const replacement = insertion.onConflict((conflict) =>
        conflict.column("administrator_id").doUpdateSet({ sealed }).where("totp_enrolment.is_confirmed", "=", 0),
      );
      return (await replacement.returning("sealed").executeTakeFirst()) !== undefined;
    },

    findTotp: async (administratorId) => {
      const query = db.selectFrom("totp_enrolment").select(["sealed", "is_confirmed", "last_step"]);
      const row = await query.where("administrator_id", "=", toName(administratorId)).executeTakeFirst();
      if (row === undefined) return undefined;
      return { sealed: row.sealed, isConfirmed: row.is_confirmed === 1, lastStep: row.last_step ?? undefined };
    },

    // One statement that both asks and answers, so that of two codes of one step only one is used.
    useTotpStep: async (administratorId, step) => {
      const use = db.updateTable("totp_enrolment").set({ last_step: step });
      const confirmed = use.where("administrator_id", "=", toName(administratorId)).where("is_confirmed", "=", 1);
      const unused = confirmed.where(sql<boolean>`(last_step is null or last_step < ${step})`);
      return (await unused.returning("last_step").executeTakeFirst()) !== undefined;
    },

    ...createTotpChanges(parts),
  };
}

function createTotpChanges({ database: { lockRows }, write }: SqlParts): Pick<Totp, "confirmTotp" | "removeTotp"> {
  return {
    confirmTotp: (administratorId, step, author) =>
      write(author, async (trx) => {
        await lockAdministrator(trx, administratorId, lockRows);
        if (!(await isStillSignedIn(trx, administratorId, author))) return { answer: false };
        const confirmation = trx.updateTable("totp_enrolment").set({ is_confirmed: 1, last_step: step });
        const begun = confirmation
          .where("administrator_id", "=", toName(administratorId))
          .where("is_confirmed", "=", 0);
        if ((await begun.returning("is_confirmed").executeTakeFirst()) === undefined) return { answer: false };
        await endSessions(trx, { administratorId, kept: author.keptSession }, lockRows);
        const change = { ...describeAdministrator(administratorId), before: undefined, after: undefined };
        return { answer: true, change: { action: "administrator.totp-enrolled", ...change } };
      }),

    removeTotp: (administratorId, author) =>
      write(author, async (trx) => {
        await lockAdministrator(trx, administratorId, lockRows);
        if (!(await isStillSignedIn(trx, administratorId, author))) return { answer: false };
        const deletion = trx.deleteFrom("totp_enrolment").where("administrator_id", "=", toName(administratorId));
        const row = await deletion.returning("is_confirmed").executeTakeFirst();
        if (row === undefined || row.is_confirmed === 0) return { answer: row !== undefined };
        await endSessions(trx, { administratorId, kept: author.keptSession }, lockRows);
        const change = { ...describeAdministrator(administratorId), before: undefined, after: undefined };
        return { answer: true, change: { action: "administrator.totp-removed", ...change } };
      }),
  };
}
