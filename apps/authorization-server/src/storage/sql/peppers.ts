import type { CoreStorage } from "../storage.ts";
import type { SqlParts } from "./write.ts";

type Peppers = Pick<CoreStorage, "listPeppers" | "addFirstPepper">;

const firstOrdinal = 1;

export function createPeppers({ database: { db }, write }: SqlParts): Peppers {
  return {
    listPeppers: () =>
      db.selectFrom("pepper").select(["id", "sealed", "created_at as createdAt"]).orderBy("ordinal").execute(),

    addFirstPepper: ({ id, sealed, createdAt }, author) =>
      write(author, async (trx) => {
        const insertion = trx
          .insertInto("pepper")
          .values({ id, ordinal: firstOrdinal, sealed, created_at: createdAt })
          .onConflict((conflict) => conflict.doNothing())
          .returning("id");
        if ((await insertion.executeTakeFirst()) === undefined) return { answer: false };
        const change = { subject: `pepper:${id}`, accountId: undefined, before: undefined, after: {} };
        return { answer: true, change: { action: "pepper.added", ...change } };
      }),
  };
}
