import { sql, type Transaction } from "kysely";
import type { AccountTable, Schema } from "../schema.ts";
import type { Account, Storage } from "../storage.ts";
import { toNumber } from "./identifiers.ts";
import type { SqlParts } from "./write.ts";

type Accounts = Pick<Storage, "createAccount" | "findAccount" | "listAccounts" | "setAccountState">;

const columns = ["id", "name", "state", "epoch"] as const;

export function createAccounts({ database: { db, lockRows }, write }: SqlParts): Accounts {
  return {
    createAccount: ({ name }, author) =>
      write(author, async (trx) => {
        const account: Account = { id: await insertAccount(trx, name), name, state: "enabled", epoch: 0 };
        const change = { before: undefined, after: { name, state: account.state, epoch: account.epoch } };
        return { answer: account, change: { action: "account.created", ...describe(account), ...change } };
      }),

    findAccount: (id) => db.selectFrom("account").select(columns).where("id", "=", toNumber(id)).executeTakeFirst(),

    listAccounts: () => db.selectFrom("account").select(columns).orderBy("id").execute(),

    setAccountState: (id, state, author) =>
      write<Account | undefined>(author, async (trx) => {
        const query = trx.selectFrom("account").select(columns).where("id", "=", toNumber(id));
        const former = await query.$call(lockRows).executeTakeFirst();
        if (former === undefined || former.state === state) return { answer: former };
        const change = changeState(former, state);
        await trx.updateTable("account").set(change.after).where("id", "=", former.id).execute();
        const action = `account.${state}`;
        return { answer: { ...former, ...change.after }, change: { action, ...describe(former), ...change } };
      }),
  };
}

/** Only a disabling takes something away, and so only it raises the epoch. */
export function changeState(former: Pick<AccountTable, "state" | "epoch">, state: AccountTable["state"]) {
  return {
    before: { state: former.state, epoch: former.epoch },
    after: { state, epoch: former.epoch + (state === "disabled" ? 1 : 0) },
  };
}

function describe({ id }: Account) {
  return { subject: `account:${id}`, accountId: id };
}

async function insertAccount(trx: Transaction<Schema>, name: string): Promise<number> {
  // Whoever takes the same number first makes the insertion do nothing; the next look finds a higher one.
  for (;;) {
    const row = await trx
      .insertInto("account")
      .values({
        id: sql<number>`(select coalesce(max(id), 0) + 1 from account)`,
        name,
        state: "enabled",
        epoch: 0,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (row !== undefined) return row.id;
  }
}
