import { roles } from "@biped/management-client/contract";
import type { Transaction } from "kysely";
import type { AdministrationStorage, Membership } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import { isOtherVersion } from "../difference.ts";
import { toNumber } from "../identifiers.ts";
import type { LockRows, SqlParts } from "../write.ts";
import { type AdministratorFacts, addPasswordHash, lockAdministrator, readFacts } from "./administrator-rows.ts";
import { endAccessTokens, endSessions } from "./endings.ts";

type Memberships = Pick<AdministrationStorage, "setMembership" | "changeMembership" | "removeMembership">;

export function createMemberships(parts: SqlParts): Memberships {
  const { database, write } = parts;
  const { lockRows } = database;
  return {
    setMembership: createSetting(parts, "anybody"),
    changeMembership: createSetting(parts, "members alone"),

    removeMembership: (id, accountId, author) =>
      write<boolean | "version mismatch">(author, async (trx) => {
        const administrator = await lockAdministrator(trx, id, lockRows);
        const former = administrator?.memberships.find((held) => held.accountId === accountId);
        if (administrator === undefined || former === undefined) return { answer: false };
        if (isOtherVersion(administrator, author)) return { answer: "version mismatch" };
        const memberships = administrator.memberships.filter((held) => held !== former);
        await replaceMemberships(trx, { ...administrator, next: memberships }, lockRows);
        const change = { before: { role: former.role }, after: undefined };
        const described = { subject: `administrator:${id}`, accountId, ...change };
        return { answer: true, change: { action: "administrator.member-removed", ...described } };
      }),
  };
}

function createSetting(
  { database: { db, lockRows }, write }: SqlParts,
  whose: "anybody" | "members alone",
): Memberships["setMembership"] {
  return async (id, membership, author) => {
    const { accountId, role } = membership;
    const answer = await write<AdministratorFacts | undefined | "version mismatch">(author, async (trx) => {
      const account = trx.selectFrom("account").select("id").where("id", "=", toNumber(accountId));
      if ((await account.executeTakeFirst()) === undefined) return { answer: undefined };
      const administrator = await lockAdministrator(trx, id, lockRows);
      const former = administrator?.memberships.find((held) => held.accountId === accountId);
      if (administrator === undefined) return { answer: undefined };
      if (former === undefined && whose === "members alone") return { answer: undefined };
      if (isOtherVersion(administrator, author)) return { answer: "version mismatch" };
      if (former?.role === role) return { answer: await readFacts(trx, id) };
      const memberships = [...administrator.memberships.filter((held) => held !== former), membership];
      await replaceMemberships(trx, { ...administrator, next: memberships }, lockRows);
      const before = former && { role: former.role };
      const described = { subject: `administrator:${id}`, accountId, before, after: { role } };
      return { answer: await readFacts(trx, id), change: { action: "administrator.member-set", ...described } };
    });
    return typeof answer === "object" ? await addPasswordHash(db, answer) : answer;
  };
}

export type MembershipChange = {
  readonly id: string;
  readonly version: number;
  readonly memberships: readonly Membership[];
  readonly next: readonly Membership[];
};

/** A role that changes ends the sessions; one that becomes smaller ends the access tokens that are for its account. */
export async function replaceMemberships(
  trx: Transaction<Schema>,
  { id, version, memberships, next }: MembershipChange,
  lockRows: LockRows,
): Promise<void> {
  await trx
    .updateTable("administrator")
    .set({ version: version + 1 })
    .where("id", "=", id)
    .execute();
  await trx.deleteFrom("membership").where("administrator_id", "=", id).execute();
  const rows = next.map(({ accountId, role }) => ({ administrator_id: id, account_id: accountId, role }));
  if (rows.length > 0) await trx.insertInto("membership").values(rows).execute();
  await endSessions(trx, { administratorId: id }, lockRows);
  await endAccessTokens(trx, id, { narrowedTo: listReduced(memberships, next) });
}

/** The accounts in which the next roles may less than the former ones. */
function listReduced(former: readonly Membership[], next: readonly Membership[]): readonly number[] {
  const rank = (role: Membership["role"] | undefined) => (role === undefined ? -1 : roles.indexOf(role));
  const find = (accountId: number) => next.find((membership) => membership.accountId === accountId)?.role;
  return former.filter(({ accountId, role }) => rank(find(accountId)) < rank(role)).map(({ accountId }) => accountId);
}
