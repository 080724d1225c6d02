import type { AdministrationStorage, Passkey } from "../../administration.ts";
import type { PasskeyTable } from "../../schema-administration.ts";
import { toName } from "../identifiers.ts";
import { parseTexts } from "../json-text.ts";
import type { SqlParts } from "../write.ts";
import { describeAdministrator, lockAdministrator } from "./administrator-rows.ts";
import { endSessions, isStillSignedIn } from "./endings.ts";

type Passkeys = Pick<
  AdministrationStorage,
  | "listPasskeys"
  | "findPasskey"
  | "addPasskey"
  | "recordPasskeyUse"
  | "removePasskey"
  | "addPasskeyChallenge"
  | "takePasskeyChallenge"
>;

const columns = [
  "id",
  "administrator_id",
  "name",
  "public_key",
  "counter",
  "transports",
  "created_at",
  "last_used_at",
] as const;

export function createPasskeys(parts: SqlParts): Passkeys {
  const { db } = parts.database;
  return {
    listPasskeys: async (administratorId) => {
      const query = db.selectFrom("passkey").select(columns).where("administrator_id", "=", toName(administratorId));
      return (await query.orderBy("created_at").orderBy("id").execute()).map(toPasskey);
    },

    findPasskey: async (id) => {
      const query = db.selectFrom("passkey").select(columns).where("id", "=", toName(id));
      const row = await query.executeTakeFirst();
      return row && toPasskey(row);
    },

    recordPasskeyUse: async (id, { counter, at }) => {
      const use = db.updateTable("passkey").set({ counter, last_used_at: at }).where("id", "=", toName(id));
      // Only forward: of two uses the later one may be stored first.
      await use.where("counter", "<=", counter).execute();
    },

    ...createPasskeyChanges(parts),
    ...createPasskeyChallenges(parts),
  };
}

function createPasskeyChanges({
  database: { lockRows },
  write,
}: SqlParts): Pick<Passkeys, "addPasskey" | "removePasskey"> {
  return {
    addPasskey: (passkey, author) =>
      write(author, async (trx) => {
        const { id, administratorId, name } = passkey;
        await lockAdministrator(trx, administratorId, lockRows);
        if (!(await isStillSignedIn(trx, administratorId, author))) return { answer: false };
        const insertion = trx.insertInto("passkey").values(toRow(passkey));
        const added = insertion.onConflict((conflict) => conflict.doNothing()).returning("id");
        if ((await added.executeTakeFirst()) === undefined) return { answer: false };
        await endSessions(trx, { administratorId, kept: author.keptSession }, lockRows);
        const change = { before: undefined, after: { passkeyId: id, name } };
        const described = { ...describeAdministrator(administratorId), ...change };
        return { answer: true, change: { action: "administrator.passkey-enrolled", ...described } };
      }),

    removePasskey: (administratorId, id, author) =>
      write(author, async (trx) => {
        await lockAdministrator(trx, administratorId, lockRows);
        if (!(await isStillSignedIn(trx, administratorId, author))) return { answer: false };
        const deletion = trx.deleteFrom("passkey").where("administrator_id", "=", toName(administratorId));
        const row = await deletion.where("id", "=", toName(id)).returning("name").executeTakeFirst();
        if (row === undefined) return { answer: false };
        await endSessions(trx, { administratorId, kept: author.keptSession }, lockRows);
        const change = { before: { passkeyId: id, name: row.name }, after: undefined };
        const described = { ...describeAdministrator(administratorId), ...change };
        return { answer: true, change: { action: "administrator.passkey-removed", ...described } };
      }),
  };
}

function createPasskeyChallenges({
  database: { db },
}: SqlParts): Pick<Passkeys, "addPasskeyChallenge" | "takePasskeyChallenge"> {
  return {
    addPasskeyChallenge: async ({ challenge, purpose, administratorId, expiresAt }) => {
      const row = { challenge, purpose, administrator_id: administratorId ?? null, expires_at: expiresAt };
      await db.insertInto("passkey_challenge").values(row).execute();
    },

    takePasskeyChallenge: async (challenge, purpose, at) => {
      const deletion = db.deleteFrom("passkey_challenge").where("challenge", "=", toName(challenge));
      const taken = deletion.where("purpose", "=", purpose).returning(["administrator_id", "expires_at"]);
      const row = await taken.executeTakeFirst();
      if (row === undefined || row.expires_at <= at) return undefined;
      const administratorId = row.administrator_id ?? undefined;
      return { challenge, purpose, administratorId, expiresAt: row.expires_at };
    },
  };
}

function toPasskey(row: PasskeyTable): Passkey {
  return {
    id: row.id,
    administratorId: row.administrator_id,
    name: row.name,
    publicKey: row.public_key,
    counter: row.counter,
    transports: parseTexts(row.transports),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

function toRow(passkey: Passkey): PasskeyTable {
  return {
    id: passkey.id,
    administrator_id: passkey.administratorId,
    name: passkey.name,
    public_key: passkey.publicKey,
    counter: passkey.counter,
    transports: JSON.stringify(passkey.transports),
    created_at: passkey.createdAt,
    last_used_at: passkey.lastUsedAt ?? null,
  };
}
