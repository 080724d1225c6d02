import type { AdministrationStorage, Administrator } from "../../administration.ts";
import { isOtherVersion } from "../difference.ts";
import { toName } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import {
  type AdministratorFacts,
  addPasswordHash,
  describeAdministrator,
  formatEmailKey,
  lockAdministrator,
  readAdministrator,
  readFacts,
  selectAdministrators,
  toAdministrators,
} from "./administrator-rows.ts";
import { endAccessTokens, endInvitation, endSessions, isStillSignedIn } from "./endings.ts";
import { insertAdministrator, isLastOwner, lockOwners } from "./platform-owners.ts";

type Administrators = Pick<
  AdministrationStorage,
  | "createAdministrator"
  | "findAdministrator"
  | "findAdministratorByEmail"
  | "changeAdministrator"
  | "setPassword"
  | "rehashPassword"
>;

export function createAdministrators(parts: SqlParts): Administrators {
  const { database, write } = parts;
  const { db, lockRows } = database;
  return {
    createAdministrator: (administrator, author) =>
      write(author, async (trx) => {
        await lockOwners(trx, lockRows);
        const { id, email, name, isPlatformOwner, passwordHash } = administrator;
        const state = passwordHash === undefined ? "invited" : "enabled";
        const added = await insertAdministrator(trx, { ...administrator, state, sso: undefined }, author.at);
        if (!added) return { answer: false };
        const change = { before: undefined, after: { email, name, state, isPlatformOwner } };
        return { answer: true, change: { action: "administrator.created", ...describeAdministrator(id), ...change } };
      }),

    findAdministrator: (id) => readAdministrator(db, id),

    findAdministratorByEmail: async (email) => {
      const query = selectAdministrators(db).where("administrator.email_key", "=", toName(formatEmailKey(email)));
      const [administrator] = toAdministrators(await query.orderBy("membership.account_id").execute());
      return administrator;
    },

    changeAdministrator: createChange(parts),
    ...createPasswords(parts),
  };
}

function createPasswords({
  database: { db, lockRows },
  write,
}: SqlParts): Pick<Administrators, "setPassword" | "rehashPassword"> {
  return {
    rehashPassword: async (id, { former, next }) => {
      const change = db.updateTable("administrator").set({ password_hash: next }).where("id", "=", toName(id));
      // No hash is empty: that stands for none, in whose place none may come.
      const same = change.where("password_hash", "=", former).where("password_hash", "<>", "");
      return (await same.returning("id").executeTakeFirst()) !== undefined;
    },

    setPassword: (id, passwordHash, author) =>
      write(author, async (trx) => {
        const former = await lockAdministrator(trx, id, lockRows);
        if (former === undefined || !(await isStillSignedIn(trx, id, author))) return { answer: false };
        await trx.updateTable("administrator").set({ password_hash: passwordHash }).where("id", "=", id).execute();
        await endSessions(trx, { administratorId: id, kept: author.keptSession }, lockRows);
        const change = { ...describeAdministrator(id), before: undefined, after: undefined };
        return { answer: true, change: { action: "administrator.password-changed", ...change } };
      }),
  };
}

type Refused = "unknown administrator" | "last platform owner" | "version mismatch";

function createChange({ database: { db, lockRows }, write }: SqlParts): Administrators["changeAdministrator"] {
  return async (id, change, author) => {
    const answer = await write<AdministratorFacts | Refused>(author, async (trx) => {
      await lockOwners(trx, lockRows);
      const former = await lockAdministrator(trx, id, lockRows);
      if (former === undefined) return { answer: "unknown administrator" };
      if (isOtherVersion(former, author)) return { answer: "version mismatch" };
      const { before, after } = decideChange(former, change);
      if (before.state === after.state && before.isPlatformOwner === after.isPlatformOwner) {
        return { answer: await readFacts(trx, id) };
      }
      if (await isLastOwner(trx, former, after)) return { answer: "last platform owner" };
      const columns = { state: after.state, is_platform_owner: after.isPlatformOwner ? 1 : 0 };
      const version = former.version + 1;
      await trx
        .updateTable("administrator")
        .set({ ...columns, version })
        .where("id", "=", id)
        .execute();
      await endSessions(trx, { administratorId: id }, lockRows);
      if (after.state === "disabled") await endInvitation(trx, id);
      const isLess = after.state === "disabled" || (before.isPlatformOwner && !after.isPlatformOwner);
      if (isLess) await endAccessTokens(trx, id, "all");
      const described = { action: "administrator.changed", ...describeAdministrator(id), before, after };
      return { answer: await readFacts(trx, id), change: described };
    });
    return typeof answer === "string" ? answer : await addPasswordHash(db, answer);
  };
}

type Standing = Pick<Administrator, "state" | "isPlatformOwner">;

/** Nobody is enabled who could not sign in: they go on waiting for their invitation, or for a new one. */
function decideChange(
  former: Administrator,
  {
    state,
    isPlatformOwner = former.isPlatformOwner,
  }: { readonly state?: "enabled" | "disabled"; readonly isPlatformOwner?: boolean },
): { readonly before: Standing; readonly after: Standing } {
  const mayEnter = former.passwordHash !== undefined || former.sso !== undefined;
  const enabled = mayEnter && former.state !== "invited" ? "enabled" : "invited";
  const next = state === "enabled" ? enabled : (state ?? former.state);
  return {
    before: { state: former.state, isPlatformOwner: former.isPlatformOwner },
    after: { state: next, isPlatformOwner },
  };
}
