import { type Kysely, sql, type Transaction } from "kysely";
import { formatNameKey } from "../name-key.ts";
import type { AccountTable, Schema } from "../schema.ts";
import type { Account, Author, CoreStorage, NewAccount } from "../storage.ts";
import { addEpoch, weighChange } from "./difference.ts";
import { toNumber } from "./identifiers.ts";
import { isDisabling } from "./takes-away.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type Accounts = Pick<
  CoreStorage,
  "createAccount" | "findAccount" | "listAccounts" | "setAccountState" | "changeAccount"
>;
type Changed = Account | undefined | "version mismatch";

export const accountColumns = [
  "id",
  "name",
  "name_key",
  "state",
  "epoch",
  "created_at",
  "credential_lifetime_limit_days",
  "version",
] as const;

export function createAccounts({ database: { db, lockRows }, write }: SqlParts): Accounts {
  return {
    createAccount: (account, author) =>
      write(author, async (trx) => {
        const created = await insertAccount(trx, account, author.at);
        const { name, state, epoch, credentialLifetimeLimitDays } = created;
        const after = { name, state, epoch, credentialLifetimeLimitDays };
        return {
          answer: created,
          change: { action: "account.created", ...describe(created), before: undefined, after },
        };
      }),

    findAccount: async (id) => {
      const row = await selectAccounts(db).where("id", "=", toNumber(id)).executeTakeFirst();
      return row && toAccount(row);
    },

    listAccounts: async () => (await selectAccounts(db).orderBy("id").execute()).map(toAccount),

    setAccountState: (id, state, author) =>
      write<Changed>(author, async (trx) => {
        const former = await lockAccount(trx, id, lockRows);
        return changeAccount(trx, { former, change: { state }, action: `account.${state}` }, author);
      }),

    changeAccount: (id, change, author) =>
      write<Changed>(author, async (trx) => {
        const former = await lockAccount(trx, id, lockRows);
        return changeAccount(trx, { former, change, action: "account.changed" }, author);
      }),
  };
}

type AccountStep = {
  readonly former: Account | undefined;
  readonly change: Partial<Pick<Account, "name" | "state" | "credentialLifetimeLimitDays">>;
  readonly action: string;
};

async function changeAccount(
  trx: Transaction<Schema>,
  { former: found, change, action }: AccountStep,
  author: Author,
): Promise<Outcome<Changed>> {
  const weighed = weighChange(found, change, author);
  if ("answer" in weighed) return weighed;
  const { former, difference } = weighed;
  const changed = { ...former, ...change };
  const epoch = former.epoch + (isDisabling(former, changed) ? 1 : 0);
  const next: Account = { ...changed, epoch, version: former.version + 1 };
  const { name, state, version } = next;
  const columns = { name, name_key: formatNameKey(name), state, epoch, version };
  const credential_lifetime_limit_days = next.credentialLifetimeLimitDays ?? null;
  await trx
    .updateTable("account")
    .set({ ...columns, credential_lifetime_limit_days })
    .where("id", "=", former.id)
    .execute();
  return { answer: next, change: { action, ...describe(former), ...addEpoch(difference, former, next) } };
}

export function selectAccounts(db: Kysely<Schema>) {
  return db.selectFrom("account").select(accountColumns);
}

export async function lockAccount(
  trx: Transaction<Schema>,
  id: number,
  lockRows: LockRows,
): Promise<Account | undefined> {
  const row = await selectAccounts(trx).where("id", "=", toNumber(id)).$call(lockRows).executeTakeFirst();
  return row && toAccount(row);
}

export function toAccount(row: Omit<AccountTable, "name_key">): Account {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    epoch: row.epoch,
    createdAt: row.created_at,
    credentialLifetimeLimitDays: row.credential_lifetime_limit_days ?? undefined,
    version: row.version,
  };
}

function describe({ id }: Account) {
  return { subject: `account:${id}`, accountId: id };
}

async function insertAccount(
  trx: Transaction<Schema>,
  { name, credentialLifetimeLimitDays }: NewAccount,
  at: number,
): Promise<Account> {
  const row = {
    name,
    name_key: formatNameKey(name),
    state: "enabled",
    epoch: 0,
    created_at: at,
    credential_lifetime_limit_days: credentialLifetimeLimitDays ?? null,
    version: 1,
  } as const;
  // Whoever takes the same number first makes the insertion do nothing; the next look finds a higher one.
  for (;;) {
    const inserted = await trx
      .insertInto("account")
      .values({ ...row, id: sql<number>`(select coalesce(max(id), 0) + 1 from account)` })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted !== undefined) return toAccount({ ...row, id: inserted.id });
  }
}
