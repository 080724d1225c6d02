import { roles } from "@biped/management-client/contract";
import type { Transaction } from "kysely";
import type { AdministrationStorage, Administrator, Membership } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import type { Author } from "../../storage.ts";
import { findDifference } from "../difference.ts";
import { toName, toNumber } from "../identifiers.ts";
import type { LockRows, Outcome, SqlParts } from "../write.ts";
import {
  type AdministratorFacts,
  addPasswordHash,
  describeAdministrator,
  formatEmailKey,
  lockAdministrator,
  readFacts,
} from "./administrator-rows.ts";
import { endAccessTokens, endSessions } from "./endings.ts";
import { replaceMemberships } from "./memberships.ts";
import { insertAdministrator, lockOwners } from "./platform-owners.ts";

type Sso = Pick<AdministrationStorage, "applySso" | "endSso" | "addSsoAttempt" | "takeSsoAttempt">;
type Person = Parameters<Sso["applySso"]>[0];

export function createSso({ database: { db, lockRows }, write }: SqlParts): Sso {
  return {
    applySso: async (told, author) => {
      const answer = await write<AdministratorFacts | "email taken">(author, async (trx) => {
        await lockOwners(trx, lockRows);
        const person = { ...told, memberships: await findMemberships(trx, told.memberships) };
        const former = await lockPerson(trx, told, lockRows);
        if (former === undefined) return await addPerson(trx, person, author);
        return await changePerson(trx, { former, person: await keepEmail(trx, former, person) }, lockRows);
      });
      return typeof answer === "string" ? answer : await addPasswordHash(db, answer);
    },

    endSso: (told, author) =>
      write(author, async (trx) => {
        await lockOwners(trx, lockRows);
        const former = await lockPerson(trx, told, lockRows);
        if (former === undefined) return { answer: false };
        const person = { ...told, ...describeMembers(former), id: former.id, isPlatformOwner: false, memberships: [] };
        const { change } = await changePerson(trx, { former, person }, lockRows);
        await endSessions(trx, { administratorId: former.id }, lockRows);
        await endAccessTokens(trx, former.id, "all");
        return change === undefined ? { answer: true } : { answer: true, change };
      }),

    addSsoAttempt: async ({ stateDigest, nonce, codeVerifier, expiresAt }) => {
      const row = { state_digest: stateDigest, nonce, code_verifier: codeVerifier, expires_at: expiresAt };
      await db.insertInto("sso_attempt").values(row).execute();
    },

    takeSsoAttempt: async (stateDigest, at) => {
      const deletion = db.deleteFrom("sso_attempt").where("state_digest", "=", toName(stateDigest));
      const row = await deletion.returning(["nonce", "code_verifier", "expires_at"]).executeTakeFirst();
      if (row === undefined || row.expires_at <= at) return undefined;
      return { stateDigest, nonce: row.nonce, codeVerifier: row.code_verifier, expiresAt: row.expires_at };
    },
  };
}

type Identity = Pick<Person, "issuer" | "subject">;

async function lockPerson(trx: Transaction<Schema>, { issuer, subject }: Identity, lockRows: LockRows) {
  const query = trx.selectFrom("administrator").select("id").where("sso_issuer", "=", toName(issuer));
  const row = await query.where("sso_subject", "=", toName(subject)).executeTakeFirst();
  return row && (await lockAdministrator(trx, row.id, lockRows));
}

/** In the order of the accounts, without those that do not exist; of two roles in one account the greater. */
async function findMemberships(
  trx: Transaction<Schema>,
  memberships: readonly Membership[],
): Promise<readonly Membership[]> {
  if (memberships.length === 0) return [];
  const query = trx.selectFrom("account").select("id").orderBy("id");
  const accounts = await query
    .where(
      "id",
      "in",
      memberships.map(({ accountId }) => toNumber(accountId)),
    )
    .execute();
  return accounts.flatMap(({ id: accountId }) => {
    const held = memberships.filter((membership) => membership.accountId === accountId);
    const role = roles.findLast((greatest) => held.some((membership) => membership.role === greatest));
    return role === undefined ? [] : [{ accountId, role }];
  });
}

/** Somebody else may have the new address by now: the person is the same one all the same. */
async function keepEmail(trx: Transaction<Schema>, former: Administrator, person: Person): Promise<Person> {
  const query = trx.selectFrom("administrator").select("id").where("email_key", "=", formatEmailKey(person.email));
  const holder = await query.where("id", "<>", former.id).executeTakeFirst();
  return holder === undefined ? person : { ...person, email: former.email };
}

type Applied = Promise<Outcome<AdministratorFacts | "email taken">>;

async function addPerson(trx: Transaction<Schema>, person: Person, author: Author): Applied {
  const { id, issuer, subject } = person;
  const added = { ...person, passwordHash: undefined, state: "enabled", sso: { issuer, subject } } as const;
  if (!(await insertAdministrator(trx, added, author.at))) return { answer: "email taken" };
  const rows = person.memberships.map(({ accountId, role }) => ({ administrator_id: id, account_id: accountId, role }));
  if (rows.length > 0) await trx.insertInto("membership").values(rows).execute();
  const change = { before: undefined, after: { ...describeMembers(person), issuer, subject } };
  const described = { action: "administrator.created", ...describeAdministrator(id), ...change };
  return { answer: await readFacts(trx, id), change: described };
}

async function changePerson(
  trx: Transaction<Schema>,
  { former, person }: { readonly former: Administrator; readonly person: Person },
  lockRows: LockRows,
): Applied {
  const { id, version } = former;
  const difference = findDifference(describeMembers(former), describeMembers(person));
  if (difference === undefined) return { answer: await readFacts(trx, id) };
  const { email, name, isPlatformOwner } = person;
  const columns = { email, email_key: formatEmailKey(email), name, is_platform_owner: isPlatformOwner ? 1 : 0 };
  await trx
    .updateTable("administrator")
    .set({ ...columns, version: version + 1 })
    .where("id", "=", id)
    .execute();
  if ("memberships" in difference.after) {
    await replaceMemberships(trx, { ...former, next: person.memberships }, lockRows);
  }
  if (former.isPlatformOwner !== isPlatformOwner) await endSessions(trx, { administratorId: id }, lockRows);
  if (former.isPlatformOwner && !isPlatformOwner) await endAccessTokens(trx, id, "all");
  const described = { action: "administrator.changed", ...describeAdministrator(id), ...difference };
  return { answer: await readFacts(trx, id), change: described };
}

function describeMembers({ email, name, isPlatformOwner, memberships }: Omit<Person, "issuer" | "subject">) {
  return { email, name, isPlatformOwner, memberships: memberships.map(({ accountId, role }) => ({ accountId, role })) };
}
