import type { Kysely } from "kysely";
import type { AccountTable, Schema } from "../../schema.ts";
import type { AccountView, ViewStorage } from "../../views.ts";
import { accountColumns, toAccount } from "../accounts.ts";
import { toNumber } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { all, equals, isWithin, matchesSearch, readNumber, readSearch } from "./conditions.ts";
import { countBy } from "./counts.ts";
import { cutPage, type Order, splitPage } from "./paging.ts";

type AccountViews = Pick<ViewStorage, "pageAccounts" | "viewAccount" | "findAccountNames">;

const id = { column: "id", kind: "number" } as const;

const orders: Readonly<Record<"id" | "name", Order>> = {
  id: { value: id, id },
  name: { value: { column: "name_key", kind: "text" }, id },
};

export function createAccountViews({ database: { db } }: SqlParts): AccountViews {
  return {
    pageAccounts: async (reach, { search, state }, page) => {
      const isSearched = matchesSearch({ name: "name_key", id: "id" }, readSearch(search, readNumber));
      const condition = all(equals("state", state), isSearched, isWithin(reach, "id"));
      const query = db.selectFrom("account").select(accountColumns).where(condition);
      const rows = await cutPage(query, orders[page.sort.column], page).execute();
      const cut = splitPage(rows, page, (row) => ({
        value: page.sort.column === "id" ? row.id : row.name_key,
        id: row.id,
      }));
      return { items: await toViews(db, cut.rows), next: cut.next };
    },

    viewAccount: async (reach, accountId) => {
      const condition = all(equals("id", accountId), isWithin(reach, "id"));
      const rows = await db.selectFrom("account").select(accountColumns).where(condition).execute();
      return (await toViews(db, rows))[0];
    },

    findAccountNames: async (ids) => {
      if (ids.length === 0) return new Map();
      const query = db.selectFrom("account").select(["id", "name"]).where("id", "in", ids.map(toNumber));
      return new Map((await query.execute()).map(({ id, name }) => [id, name]));
    },
  };
}

async function toViews(db: Kysely<Schema>, rows: readonly AccountTable[]): Promise<readonly AccountView[]> {
  const ids = rows.map((row) => row.id);
  const [projects, credentials] = await Promise.all([
    countBy(db, { table: "project", column: "account_id" }, ids),
    countBy(db, { table: "live_credential", column: "account_id" }, ids),
  ]);
  return rows.map((row) => ({
    ...toAccount(row),
    projectCount: projects.get(row.id) ?? 0,
    credentialCount: credentials.get(row.id) ?? 0,
  }));
}
