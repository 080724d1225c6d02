import { type Kysely, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { LiveCredentialView, Schema } from "../../schema.ts";
import type { CredentialFilter, CredentialView, SecretView, ViewStorage } from "../../views.ts";
import { credentialColumns, toCredential } from "../client.ts";
import { toUuid } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { all, type Condition, equals, isWithin, matchesSearch, readSearch, readUuid } from "./conditions.ts";
import { cutPage, type Order, orderRows, splitPage } from "./paging.ts";

type CredentialViews = Pick<ViewStorage, "pageCredentials" | "viewCredential">;

const id = { column: "credential.client_id", kind: "text" } as const;

const orders: Readonly<Record<"name" | "createdAt", Order>> = {
  name: { value: { column: "credential.name_key", kind: "text" }, id },
  createdAt: { value: { column: "credential.created_at", kind: "number" }, id },
};

export function createCredentialViews({ database: { db } }: SqlParts): CredentialViews {
  return {
    pageCredentials: async (reach, filter, page) => {
      const condition = all(...readFilter(filter), isWithin(reach, "credential.account_id"));
      const order = orders[page.sort.column];
      const onPage = cutPage(selectCredentials(db).where(condition), order, page);
      const rows = await orderRows(joinOwners(db, onPage), order, page).execute();
      const cut = splitPage(rows, page, (row) => ({
        value: page.sort.column === "name" ? row.name_key : row.created_at,
        id: row.client_id,
      }));
      return { items: await toViews(db, cut.rows), next: cut.next };
    },

    viewCredential: async (reach, clientId) => {
      const isThis = equals("credential.client_id", toUuid(clientId));
      const found = selectCredentials(db).where(all(isThis, isWithin(reach, "credential.account_id")));
      return (await toViews(db, await joinOwners(db, found).execute()))[0];
    },
  };
}

function readFilter({ search, accountId, projectId, level, state }: CredentialFilter) {
  return [
    equals("credential.account_id", accountId),
    equals("credential.project_id", projectId),
    level && isOfLevel(level),
    equals("credential.state", state),
    matchesSearch({ name: "credential.name_key", id: "credential.client_id" }, readSearch(search, readUuid)),
  ];
}

function isOfLevel(level: "account" | "project"): Condition {
  const column = sql.ref("credential.project_id");
  return level === "account" ? sql<SqlBool>`${column} is null` : sql<SqlBool>`${column} is not null`;
}

function selectCredentials(db: Kysely<Schema>) {
  return db
    .selectFrom("live_credential as credential")
    .select(credentialColumns.map((column) => `credential.${column}` as const));
}

type Tables = Schema & { readonly credential: LiveCredentialView };

/** Joined after the page was cut, so that no more rows are joined than are shown. */
function joinOwners(db: Kysely<Schema>, onPage: SelectQueryBuilder<Tables, "credential", LiveCredentialView>) {
  return db
    .selectFrom(onPage.as("credential"))
    .innerJoin("account", "account.id", "credential.account_id")
    .leftJoin("project", "project.id", "credential.project_id")
    .selectAll("credential")
    .select(["account.name as account_name", "account.state as account_state"])
    .select(["project.name as project_name", "project.state as project_state"]);
}

type CredentialRow = Awaited<ReturnType<ReturnType<typeof joinOwners>["execute"]>>[number];

async function toViews(db: Kysely<Schema>, rows: readonly CredentialRow[]): Promise<readonly CredentialView[]> {
  const ids = rows.map((row) => row.client_id);
  const secrets = await readSecrets(db, ids);
  return rows.map((row) => ({
    ...toCredential(row),
    accountName: row.account_name,
    accountState: row.account_state,
    projectName: row.project_name ?? undefined,
    projectState: row.project_state ?? undefined,
    secrets: secrets.get(row.client_id) ?? [],
  }));
}

/** Without digests: no view has use for one. */
async function readSecrets(
  db: Kysely<Schema>,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SecretView[]>> {
  const secrets = new Map<string, SecretView[]>();
  if (clientIds.length === 0) return secrets;
  const rows = await db
    .selectFrom("live_secret")
    .select(["client_id", "id", "created_at", "expires_at", "last_used_at", "last_used_source"])
    .where("client_id", "in", clientIds)
    .orderBy("client_id")
    .orderBy("ordinal", "desc")
    .execute();
  for (const row of rows) {
    const listed = secrets.get(row.client_id) ?? [];
    listed.push({
      id: row.id,
      createdAt: row.created_at,
      expiresAt: row.expires_at ?? undefined,
      lastUsedAt: row.last_used_at ?? undefined,
      lastUsedSource: row.last_used_source ?? undefined,
    });
    secrets.set(row.client_id, listed);
  }
  return secrets;
}
