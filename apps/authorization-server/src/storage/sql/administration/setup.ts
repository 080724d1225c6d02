import type { AdministrationStorage } from "../../administration.ts";
import type { SqlParts } from "../write.ts";
import { describeAdministrator } from "./administrator-rows.ts";
import { insertAdministrator, lockOwners } from "./platform-owners.ts";

type Setup = Pick<AdministrationStorage, "openSetup" | "isSetupOpen" | "completeSetup">;

/** One row guards the first run: it is locked by who completes it, and complete for ever after. */
export function createSetup({ database: { db, lockRows }, write }: SqlParts): Setup {
  return {
    openSetup: async ({ digest, expiresAt }) => {
      const change = db.updateTable("setup").set({ digest, expires_at: expiresAt }).where("completed_at", "is", null);
      return (await change.returning("id").executeTakeFirst()) !== undefined;
    },

    isSetupOpen: async () => {
      const query = db.selectFrom("setup").select("id").where("completed_at", "is", null);
      return (await query.executeTakeFirst()) !== undefined;
    },

    completeSetup: ({ digest, administrator }, author) =>
      write(author, async (trx) => {
        const setup = await lockOwners(trx, lockRows);
        const isOver = setup.expires_at === null || setup.expires_at <= author.at;
        if (setup.digest !== digest || isOver) return { answer: false };
        const first = { ...administrator, isPlatformOwner: true, state: "enabled", sso: undefined } as const;
        if (!(await insertAdministrator(trx, first, author.at))) return { answer: false };
        const { id, email, name, state, isPlatformOwner } = first;
        const change = { before: undefined, after: { email, name, state, isPlatformOwner } };
        return { answer: true, change: { action: "administrator.created", ...describeAdministrator(id), ...change } };
      }),
  };
}
