import type { Transaction } from "kysely";
import type { AdministrationStorage, NewInvitation } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import { isOtherVersion } from "../difference.ts";
import { toName } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { describeAdministrator, lockAdministrator } from "./administrator-rows.ts";
import { endAccessTokens, endFactors, endInvitation, endSessions } from "./endings.ts";
import { insertAdministrator, isLastOwner, lockOwners } from "./platform-owners.ts";

type Invitations = Pick<AdministrationStorage, "inviteAdministrator" | "reinviteAdministrator" | "acceptInvitation">;

export function createInvitations(parts: SqlParts): Invitations {
  const { database, write } = parts;
  return {
    inviteAdministrator: ({ administrator, invitation, membership }, author) =>
      write<{ readonly administratorId: string; readonly invitationId: string } | "known">(author, async (trx) => {
        await lockOwners(trx, database.lockRows);
        const { id, email, name, isPlatformOwner } = administrator;
        const invited = { ...administrator, passwordHash: undefined, state: "invited", sso: undefined } as const;
        if (!(await insertAdministrator(trx, invited, author.at))) return { answer: "known" };
        await insertInvitation(trx, id, invitation);
        if (membership !== undefined) {
          const row = { administrator_id: id, account_id: membership.accountId, role: membership.role };
          await trx.insertInto("membership").values(row).execute();
        }
        const member = { email, name, isPlatformOwner, role: membership?.role };
        const after = { ...member, invitationId: invitation.id, expiresAt: invitation.expiresAt };
        const described = { subject: `administrator:${id}`, accountId: membership?.accountId, before: undefined };
        const answer = { administratorId: id, invitationId: invitation.id };
        return { answer, change: { action: "administrator.invited", ...described, after } };
      }),
    reinviteAdministrator: createReinvitation(parts),
    acceptInvitation: createAcceptance(parts),
  };
}

function createReinvitation({ database: { lockRows }, write }: SqlParts): Invitations["reinviteAdministrator"] {
  return (id, invitation, author) =>
    write<Awaited<ReturnType<Invitations["reinviteAdministrator"]>>>(author, async (trx) => {
      await lockOwners(trx, lockRows);
      const former = await lockAdministrator(trx, id, lockRows);
      if (former === undefined) return { answer: "unknown administrator" };
      if (isOtherVersion(former, author)) return { answer: "version mismatch" };
      const next = { state: "invited", isPlatformOwner: former.isPlatformOwner } as const;
      if (await isLastOwner(trx, former, next)) return { answer: "last platform owner" };
      const columns = { state: next.state, password_hash: "", version: former.version + 1 };
      await trx.updateTable("administrator").set(columns).where("id", "=", id).execute();
      await endSessions(trx, { administratorId: id }, lockRows);
      await endAccessTokens(trx, id, "all");
      await endFactors(trx, id);
      await endInvitation(trx, id);
      await insertInvitation(trx, id, invitation);
      const after = { state: next.state, invitationId: invitation.id, expiresAt: invitation.expiresAt };
      const described = { ...describeAdministrator(id), before: { state: former.state }, after };
      return { answer: invitation.id, change: { action: "administrator.invited", ...described } };
    });
}

function createAcceptance({ database: { db, lockRows }, write }: SqlParts): Invitations["acceptInvitation"] {
  return async ({ digest, name, passwordHash }, author) => {
    const query = db.selectFrom("invitation").select("administrator_id").where("digest", "=", toName(digest));
    const invited = await query.executeTakeFirst();
    if (invited === undefined) return undefined;
    const id = invited.administrator_id;
    const isAccepted = await write({ ...author, actor: `administrator:${id}` }, async (trx) => {
      const former = await lockAdministrator(trx, id, lockRows);
      if (former?.state !== "invited") return { answer: false };
      const deletion = trx.deleteFrom("invitation").where("digest", "=", digest).where("expires_at", ">", author.at);
      if ((await deletion.returning("id").executeTakeFirst()) === undefined) return { answer: false };
      const columns = { name, password_hash: passwordHash, state: "enabled", version: former.version + 1 } as const;
      await trx.updateTable("administrator").set(columns).where("id", "=", id).execute();
      const before = { name: former.name, state: former.state };
      const described = { ...describeAdministrator(id), before, after: { name, state: columns.state } };
      return { answer: true, change: { action: "administrator.invitation-accepted", ...described } };
    });
    return isAccepted ? id : undefined;
  };
}

async function insertInvitation(
  trx: Transaction<Schema>,
  administratorId: string,
  { id, digest, expiresAt }: NewInvitation,
): Promise<void> {
  const row = { id, administrator_id: administratorId, digest, expires_at: expiresAt };
  await trx.insertInto("invitation").values(row).execute();
}
