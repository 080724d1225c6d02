import type { Transaction } from "kysely";
import type { Administrator, NewAdministrator } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import type { LockRows } from "../write.ts";
import { formatEmailKey } from "./administrator-rows.ts";

/**
 * The one row that all wait for who make administrators or change who is a platform owner: only so can each of two
 * changes see what the other one leaves.
 */
export async function lockOwners(trx: Transaction<Schema>, lockRows: LockRows) {
  const query = trx.selectFrom("setup").select(["digest", "expires_at", "completed_at"]).where("id", "=", 1);
  return await query.$call(lockRows).executeTakeFirstOrThrow();
}

type Standing = Pick<Administrator, "id" | "state" | "isPlatformOwner">;

/** Whether this change would leave nobody who may do everything. Call it with the owners locked. */
export async function isLastOwner(
  trx: Transaction<Schema>,
  former: Standing,
  next: Omit<Standing, "id">,
): Promise<boolean> {
  if (!isEnabledOwner(former) || isEnabledOwner(next)) return false;
  const owners = trx.selectFrom("administrator").select("id").where("is_platform_owner", "=", 1);
  const another = owners.where("state", "=", "enabled").where("id", "<>", former.id).limit(1);
  return (await another.executeTakeFirst()) === undefined;
}

function isEnabledOwner({ state, isPlatformOwner }: Omit<Standing, "id">): boolean {
  return isPlatformOwner && state === "enabled";
}

export type AddedAdministrator = NewAdministrator & {
  readonly state: Administrator["state"];
  readonly sso: Administrator["sso"];
};

/** False if the address is taken. Call it with the owners locked: the first platform owner of our own ends the setup. */
export async function insertAdministrator(
  trx: Transaction<Schema>,
  administrator: AddedAdministrator,
  at: number,
): Promise<boolean> {
  const { id, email, name, passwordHash, isPlatformOwner, state, sso } = administrator;
  const row = {
    ...{ id, email, email_key: formatEmailKey(email), name, state, created_at: at, version: 1 },
    ...{ password_hash: passwordHash ?? "", is_platform_owner: isPlatformOwner ? 1 : 0 },
    ...{ sso_issuer: sso?.issuer ?? null, sso_subject: sso?.subject ?? null, last_signed_in_at: null },
  };
  const insertion = trx
    .insertInto("administrator")
    .values(row)
    .onConflict((conflict) => conflict.doNothing());
  if ((await insertion.returning("id").executeTakeFirst()) === undefined) return false;
  if (isPlatformOwner && sso === undefined) {
    const completion = { digest: null, expires_at: null, completed_at: at };
    await trx.updateTable("setup").set(completion).where("completed_at", "is", null).execute();
  }
  return true;
}
