import type { Transaction } from "kysely";
import type { FactorAuthor } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import { toName } from "../identifiers.ts";
import type { LockRows } from "../write.ts";

/** Locks them in the order of their digests, as the sweep does, so that neither waits for the other for good. */
export async function endSessions(
  trx: Transaction<Schema>,
  { administratorId, kept }: { readonly administratorId: string; readonly kept?: string | undefined },
  lockRows: LockRows,
): Promise<void> {
  const query = trx.selectFrom("session").select("digest").where("administrator_id", "=", administratorId);
  const rows = await query.orderBy("digest").$call(lockRows).execute();
  const ended = rows.map(({ digest }) => digest).filter((digest) => digest !== kept);
  if (ended.length > 0) await trx.deleteFrom("session").where("digest", "in", ended).execute();
}

/** Call it with the administrator locked, as those have it who end sessions. True where no session asks. */
export async function isStillSignedIn(
  trx: Transaction<Schema>,
  administratorId: string,
  { keptSession }: Pick<FactorAuthor, "keptSession">,
): Promise<boolean> {
  if (keptSession === undefined) return true;
  const query = trx.selectFrom("session").select("digest").where("digest", "=", toName(keptSession));
  return (await query.where("administrator_id", "=", toName(administratorId)).executeTakeFirst()) !== undefined;
}

export async function endAccessTokens(
  trx: Transaction<Schema>,
  administratorId: string,
  which: "all" | { readonly narrowedTo: readonly number[] },
): Promise<void> {
  const deletion = trx.deleteFrom("access_token").where("administrator_id", "=", administratorId);
  if (which === "all") await deletion.execute();
  else if (which.narrowedTo.length > 0) await deletion.where("account_id", "in", which.narrowedTo).execute();
}

/** All by which somebody proves who they are, but for the password. */
export async function endFactors(trx: Transaction<Schema>, administratorId: string): Promise<void> {
  for (const table of ["totp_enrolment", "passkey", "passkey_challenge", "recovery_code"] as const) {
    await trx.deleteFrom(table).where("administrator_id", "=", administratorId).execute();
  }
}

export async function endInvitation(trx: Transaction<Schema>, administratorId: string): Promise<void> {
  await trx.deleteFrom("invitation").where("administrator_id", "=", administratorId).execute();
}
