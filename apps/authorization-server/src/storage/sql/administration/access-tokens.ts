import { textParameter } from "@biped/database";
import type { Kysely } from "kysely";
import type { AccessToken, AdministrationStorage } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import type { AccessTokenTable } from "../../schema-administration.ts";
import { toName } from "../identifiers.ts";
import { parseTexts } from "../json-text.ts";
import type { SqlParts } from "../write.ts";
import { administratorColumns, lockAdministrator, toAdministrators } from "./administrator-rows.ts";
import { isStillSignedIn } from "./endings.ts";

type AccessTokens = Pick<
  AdministrationStorage,
  "createAccessToken" | "listAccessTokens" | "findAccessToken" | "touchAccessToken" | "deleteAccessToken"
>;

const columns = [
  "id",
  "administrator_id",
  "name",
  "digest",
  "scopes",
  "account_id",
  "created_at",
  "expires_at",
  "last_used_at",
] as const;

export function createAccessTokens(parts: SqlParts): AccessTokens {
  const { db, hold } = parts.database;
  const findHeld = hold(selectAccessToken(db).where("access_token.digest", "=", textParameter("")));
  return {
    ...createAccessTokenChanges(parts),

    listAccessTokens: async (administratorId) => {
      const query = db.selectFrom("access_token").select(columns);
      const own = query.where("administrator_id", "=", toName(administratorId));
      return (await own.orderBy("created_at").orderBy("id").execute()).map(toAccessToken);
    },

    findAccessToken: async (digest) => {
      const rows = await findHeld(toName(digest));
      const [row] = rows;
      const [administrator] = toAdministrators(rows);
      if (row === undefined || administrator === undefined) return undefined;
      const { digest: _, ...facts } = row;
      const token = toAccessToken({
        ...facts,
        digest,
        id: row.token_id,
        administrator_id: administrator.id,
        name: row.token_name,
        account_id: row.token_account_id,
        created_at: row.token_created_at,
      });
      return { token, administrator };
    },

    touchAccessToken: async (id, lastUsedAt) => {
      const touch = db.updateTable("access_token").set({ last_used_at: lastUsedAt }).where("id", "=", toName(id));
      await touch.where((is) => is.or([is("last_used_at", "is", null), is("last_used_at", "<", lastUsedAt)])).execute();
    },
  };
}

function createAccessTokenChanges({
  database: { lockRows },
  write,
}: SqlParts): Pick<AccessTokens, "createAccessToken" | "deleteAccessToken"> {
  return {
    createAccessToken: (token, author) =>
      write<string | undefined>(author, async (trx) => {
        const { id, administratorId, name, digest, scopes, accountId, expiresAt } = token;
        await lockAdministrator(trx, administratorId, lockRows);
        if (!(await isStillSignedIn(trx, administratorId, author))) return { answer: undefined };
        const row = { id, administrator_id: administratorId, name, digest, scopes: JSON.stringify(scopes) };
        const more = {
          account_id: accountId ?? null,
          created_at: author.at,
          expires_at: expiresAt,
          last_used_at: null,
        };
        await trx
          .insertInto("access_token")
          .values({ ...row, ...more })
          .execute();
        const change = { before: undefined, after: { administratorId, name, scopes, expiresAt } };
        const described = { subject: `access-token:${id}`, accountId, ...change };
        return { answer: id, change: { action: "access-token.created", ...described } };
      }),

    deleteAccessToken: (administratorId, id, author) =>
      write(author, async (trx) => {
        const deletion = trx.deleteFrom("access_token").where("administrator_id", "=", toName(administratorId));
        const row = await deletion.where("id", "=", toName(id)).returning(columns).executeTakeFirst();
        if (row === undefined) return { answer: false };
        const { name, scopes, accountId, expiresAt } = toAccessToken(row);
        const change = { before: { administratorId, name, scopes, expiresAt }, after: undefined };
        const described = { subject: `access-token:${id}`, accountId, ...change };
        return { answer: true, change: { action: "access-token.deleted", ...described } };
      }),
  };
}

function selectAccessToken(db: Kysely<Schema>) {
  return db
    .selectFrom("access_token")
    .innerJoin("administrator", "administrator.id", "access_token.administrator_id")
    .leftJoin("membership", "membership.administrator_id", "administrator.id")
    .orderBy("membership.account_id")
    .select(administratorColumns)
    .select([
      "access_token.id as token_id",
      "access_token.name as token_name",
      "access_token.digest",
      "access_token.scopes",
      "access_token.account_id as token_account_id",
      "access_token.created_at as token_created_at",
      "access_token.expires_at",
      "access_token.last_used_at",
    ]);
}

function toAccessToken(row: AccessTokenTable): AccessToken {
  return {
    id: row.id,
    administratorId: row.administrator_id,
    name: row.name,
    digest: row.digest,
    scopes: parseTexts(row.scopes),
    accountId: row.account_id ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
