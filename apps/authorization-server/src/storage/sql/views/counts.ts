import { type Kysely, sql } from "kysely";
import type { Schema } from "../../schema.ts";

type Counts = ReadonlyMap<number, number>;

/** Only for the rows of a page: a count for each row of a list would be made before the page is cut. */
export async function countBy(
  db: Kysely<Schema>,
  { table, column }: { readonly table: "project" | "live_credential"; readonly column: "account_id" | "project_id" },
  ids: readonly number[],
): Promise<Counts> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom(table)
    .select([sql<number>`${sql.ref(column)}`.as("id"), sql<number>`count(*)`.as("count")])
    .where(sql.ref(column), "in", ids)
    .groupBy(sql.ref(column))
    .execute();
  return new Map(rows.map(({ id, count }) => [id, count]));
}
