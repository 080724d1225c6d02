import { type Kysely, sql } from "kysely";
import type { Schema } from "../../schema.ts";
import type { Reach, SearchHit, ViewStorage } from "../../views.ts";
import type { SqlParts } from "../write.ts";
import { all, type Condition, equals, holdsText, isCounted, isWithin, readNumber, readUuid } from "./conditions.ts";

type Search = Pick<ViewStorage, "search" | "countObjects">;

const hitLimit = 10;

export function createSearch({ database: { db } }: SqlParts): Search {
  return {
    search: async (reach, text) => {
      const hits = await Promise.all([
        findHits({ text, id: readNumber(text) }, (condition) => findAccounts(db, reach, condition)),
        findHits({ text, id: readNumber(text) }, (condition) => findProjects(db, reach, condition)),
        findHits({ text, id: readUuid(text) }, (condition) => findCredentials(db, reach, condition)),
      ]);
      return hits.flat();
    },

    countObjects: async (reach) => {
      const [accounts, projects, credentials] = await Promise.all([
        countRows(db, "account", isCounted(reach, "id")),
        countRows(db, "project", isCounted(reach, "account_id")),
        countRows(db, "live_credential", isCounted(reach, "account_id")),
      ]);
      return { accounts, projects, credentials };
    },
  };
}

type Sought = { readonly text: string; readonly id: number | string | undefined };
type Find = (condition: { readonly column: "id" | "name"; readonly sought: Sought }) => Promise<readonly SearchHit[]>;

/** The one whose id it is comes first, however many names hold the text. */
async function findHits(sought: Sought, find: Find): Promise<readonly SearchHit[]> {
  const byId = sought.id === undefined ? [] : await find({ column: "id", sought });
  const byName = await find({ column: "name", sought });
  const others = byName.filter(({ id }) => id !== byId[0]?.id);
  return [...byId, ...others].slice(0, hitLimit);
}

type Wanted = Parameters<Find>[0];

function isWanted({ column, sought }: Wanted, columns: { readonly name: string; readonly id: string }) {
  return column === "id" ? equals(columns.id, sought.id) : holdsText(columns.name, sought.text);
}

async function findAccounts(db: Kysely<Schema>, reach: Reach, wanted: Wanted): Promise<readonly SearchHit[]> {
  const condition = all(isWanted(wanted, { name: "name_key", id: "id" }), isWithin(reach, "id"));
  const query = db.selectFrom("account").select(["id", "name"]).where(condition);
  const rows = await query.orderBy("name_key").orderBy("id").limit(hitLimit).execute();
  return rows.map(({ id, name }) => ({ kind: "account", id: String(id), name, accountId: id, accountName: name }));
}

async function findProjects(db: Kysely<Schema>, reach: Reach, wanted: Wanted): Promise<readonly SearchHit[]> {
  const condition = all(isWanted(wanted, { name: "name_key", id: "id" }), isWithin(reach, "account_id"));
  const query = db.selectFrom("project").select(["id", "name", "name_key", "account_id"]).where(condition);
  const found = query.orderBy("name_key").orderBy("id").limit(hitLimit);
  const rows = await db
    .selectFrom(found.as("hit"))
    .innerJoin("account", "account.id", "hit.account_id")
    .select(["hit.id", "hit.name", "hit.account_id as accountId", "account.name as accountName"])
    .orderBy("hit.name_key")
    .orderBy("hit.id")
    .execute();
  return rows.map((row) => ({ ...row, kind: "project", id: String(row.id) }));
}

async function findCredentials(db: Kysely<Schema>, reach: Reach, wanted: Wanted): Promise<readonly SearchHit[]> {
  const condition = all(isWanted(wanted, { name: "name_key", id: "client_id" }), isWithin(reach, "account_id"));
  const query = db.selectFrom("live_credential").select(["client_id", "name", "name_key", "account_id"]);
  const found = query.where(condition).orderBy("name_key").orderBy("client_id").limit(hitLimit);
  const rows = await db
    .selectFrom(found.as("hit"))
    .innerJoin("account", "account.id", "hit.account_id")
    .select(["hit.client_id as id", "hit.name", "hit.account_id as accountId", "account.name as accountName"])
    .orderBy("hit.name_key")
    .orderBy("hit.client_id")
    .execute();
  return rows.map((row) => ({ ...row, kind: "credential" }));
}

async function countRows(
  db: Kysely<Schema>,
  table: "account" | "project" | "live_credential",
  condition: Condition,
): Promise<number> {
  const query = db.selectFrom(table).select(sql<number>`count(*)`.as("count")).where(condition);
  const { count } = await query.executeTakeFirstOrThrow();
  return count;
}
