import { type Kysely, sql, type Transaction } from "kysely";
import type { Administrator, Membership } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import { toName } from "../identifiers.ts";
import type { LockRows } from "../write.ts";

/** Of `administrator`, left-joined with `membership`. */
export const administratorColumns = [
  "administrator.id",
  "administrator.email",
  "administrator.name",
  "administrator.state",
  "administrator.is_platform_owner",
  "administrator.password_hash",
  "administrator.sso_issuer",
  "administrator.sso_subject",
  "administrator.created_at",
  "administrator.last_signed_in_at",
  "administrator.version",
  "membership.account_id",
  "membership.role",
  sql<number>`(select count(*) from totp_enrolment
    where totp_enrolment.administrator_id = administrator.id and is_confirmed = 1)`.as("totp_count"),
  sql<number>`(select count(*) from passkey where passkey.administrator_id = administrator.id)`.as("passkey_count"),
] as const;

/** A row for each membership, by account id; add the condition and, for more than one person, their order before it. */
export function selectAdministrators(db: Kysely<Schema>) {
  return db
    .selectFrom("administrator")
    .leftJoin("membership", "membership.administrator_id", "administrator.id")
    .select(administratorColumns);
}

export type AdministratorRow = Awaited<ReturnType<ReturnType<typeof selectAdministrators>["execute"]>>[number];

/** In the order of the rows. */
export function toAdministrators(rows: readonly AdministratorRow[]): readonly Administrator[] {
  const administrators = new Map<string, Administrator>();
  for (const row of rows) {
    const { memberships } = administrators.get(row.id) ?? { memberships: [] };
    administrators.set(row.id, toAdministrator(row, [...memberships, ...toMemberships(row)]));
  }
  return [...administrators.values()];
}

function toMemberships({ account_id: accountId, role }: AdministratorRow): readonly Membership[] {
  return accountId === null || role === null ? [] : [{ accountId, role }];
}

function toAdministrator(row: AdministratorRow, memberships: readonly Membership[]): Administrator {
  const { sso_issuer: issuer, sso_subject: subject } = row;
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    state: row.state,
    isPlatformOwner: row.is_platform_owner === 1,
    passwordHash: row.password_hash === "" ? undefined : row.password_hash,
    hasTotp: row.totp_count > 0,
    passkeyCount: row.passkey_count,
    sso: issuer === null || subject === null ? undefined : { issuer, subject },
    createdAt: row.created_at,
    lastSignedInAt: row.last_signed_in_at ?? undefined,
    memberships,
    version: row.version,
  };
}

export async function readAdministrator(db: Kysely<Schema>, id: string): Promise<Administrator | undefined> {
  const query = selectAdministrators(db).where("administrator.id", "=", toName(id));
  const [administrator] = toAdministrators(await query.orderBy("membership.account_id").execute());
  return administrator;
}

/** The administrator, locked until the transaction ends. */
export async function lockAdministrator(
  trx: Transaction<Schema>,
  id: string,
  lockRows: LockRows,
): Promise<Administrator | undefined> {
  await trx.selectFrom("administrator").select("id").where("id", "=", toName(id)).$call(lockRows).execute();
  return readAdministrator(trx, id);
}

/** What a change answers within its transaction: answers are kept for who asks again, and no hash may be. */
export type AdministratorFacts = Omit<Administrator, "passwordHash">;

export async function readFacts(trx: Transaction<Schema>, id: string): Promise<AdministratorFacts> {
  const administrator = await readAdministrator(trx, id);
  if (administrator === undefined) throw new Error("An administrator that was just written is not there.");
  const { passwordHash: _, ...facts } = administrator;
  return facts;
}

export async function addPasswordHash(db: Kysely<Schema>, facts: AdministratorFacts): Promise<Administrator> {
  const query = db.selectFrom("administrator").select("password_hash").where("id", "=", facts.id);
  const { password_hash: hash } = await query.executeTakeFirstOrThrow();
  return { ...facts, passwordHash: hash === "" ? undefined : hash };
}

/** People do not tell one spelling from the other. */
export function formatEmailKey(email: string): string {
  return email.normalize("NFKC").toLowerCase().trim();
}

export function describeAdministrator(id: string) {
  return { subject: `administrator:${id}`, accountId: undefined };
}
