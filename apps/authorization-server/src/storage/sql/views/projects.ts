import type { Kysely, SelectQueryBuilder } from "kysely";
import type { ProjectTable, Schema } from "../../schema.ts";
import type { ProjectView, ViewStorage } from "../../views.ts";
import type { SqlParts } from "../write.ts";
import { all, equals, isWithin, matchesSearch, readNumber, readSearch } from "./conditions.ts";
import { countBy } from "./counts.ts";
import { cutPage, type Order, orderRows, splitPage } from "./paging.ts";

type ProjectViews = Pick<ViewStorage, "pageProjects" | "viewProject">;

const id = { column: "project.id", kind: "number" } as const;

const orders: Readonly<Record<"id" | "name", Order>> = {
  id: { value: id, id },
  name: { value: { column: "project.name_key", kind: "text" }, id },
};

export function createProjectViews({ database: { db } }: SqlParts): ProjectViews {
  return {
    pageProjects: async (reach, { search, accountId, cloud, state }, page) => {
      const condition = all(
        equals("project.account_id", accountId),
        equals("project.cloud", cloud),
        equals("project.state", state),
        matchesSearch({ name: "project.name_key", id: "project.id" }, readSearch(search, readNumber)),
        isWithin(reach, "project.account_id"),
      );
      const order = orders[page.sort.column];
      const onPage = cutPage(db.selectFrom("project").selectAll().where(condition), order, page);
      const rows = await orderRows(joinOwners(db, onPage), order, page).execute();
      const cut = splitPage(rows, page, (row) => ({
        value: page.sort.column === "id" ? row.id : row.name_key,
        id: row.id,
      }));
      return { items: await toViews(db, cut.rows), next: cut.next };
    },

    viewProject: async (reach, projectId) => {
      const condition = all(equals("project.id", projectId), isWithin(reach, "project.account_id"));
      const found = db.selectFrom("project").selectAll().where(condition);
      return (await toViews(db, await joinOwners(db, found).execute()))[0];
    },
  };
}

/** Joined after the page was cut, so that no more rows are joined than are shown. */
function joinOwners(db: Kysely<Schema>, onPage: SelectQueryBuilder<Schema, "project", ProjectTable>) {
  return db
    .selectFrom(onPage.as("project"))
    .innerJoin("account", "account.id", "project.account_id")
    .innerJoin("cloud", "cloud.name", "project.cloud")
    .selectAll("project")
    .select(["account.name as account_name", "account.state as account_state", "cloud.endpoint"]);
}

type ProjectRow = Awaited<ReturnType<ReturnType<typeof joinOwners>["execute"]>>[number];

async function toViews(db: Kysely<Schema>, rows: readonly ProjectRow[]): Promise<readonly ProjectView[]> {
  const ids = rows.map((row) => row.id);
  const credentials = await countBy(db, { table: "live_credential", column: "project_id" }, ids);
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    cloud: row.cloud,
    endpoint: row.endpoint,
    name: row.name,
    timeZone: row.time_zone,
    state: row.state,
    epoch: row.epoch,
    createdAt: row.created_at,
    version: row.version,
    accountName: row.account_name,
    accountState: row.account_state,
    credentialCount: credentials.get(row.id) ?? 0,
  }));
}
