import type { Storage } from "../storage.ts";
import type { SqlParts } from "./write.ts";

type Administrators = Pick<Storage, "createAdministrator">;

export function createAdministrators({ write }: SqlParts): Administrators {
  return {
    createAdministrator: ({ id, email, passwordHash }, author) =>
      write(author, async (trx) => {
        const row = { id, email, email_key: email.toLowerCase(), password_hash: passwordHash, created_at: author.at };
        const insertion = trx.insertInto("administrator").values(row);
        const added = await insertion
          .onConflict((conflict) => conflict.doNothing())
          .returning("id")
          .executeTakeFirst();
        if (added === undefined) return { answer: false };
        const change = { subject: `administrator:${id}`, accountId: undefined, before: undefined, after: { email } };
        return { answer: true, change: { action: "administrator.created", ...change } };
      }),
  };
}
