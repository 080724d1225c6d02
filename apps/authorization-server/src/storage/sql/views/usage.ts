import { type Kysely, sql } from "kysely";
import type { Schema } from "../../schema.ts";
import type { Reach, UsageCount, ViewStorage } from "../../views.ts";
import { hourOf } from "../hour.ts";
import { toUuid } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { type Condition, equals, isWithin } from "./conditions.ts";

type UsageViews = Pick<ViewStorage, "readUsage">;
type Period = Parameters<ViewStorage["readUsage"]>[1];

export function createUsageViews({ database: { db } }: SqlParts): UsageViews {
  return {
    readUsage: async (of, period) => {
      const source = readSource(of);
      const [tokens, refusals] = await Promise.all([
        sumByTime(db, { ...source, column: "tokens" }, period),
        sumByTime(db, { ...source, table: "refusal_count", column: "count" }, period),
      ]);
      const times = [...new Set([...tokens.keys(), ...refusals.keys()])].toSorted((left, right) => left - right);
      return times.map((at): UsageCount => ({ at, tokens: tokens.get(at) ?? 0, refusals: refusals.get(at) ?? 0 }));
    },
  };
}

type Source = {
  readonly table: "usage" | "account_usage" | "refusal_count";
  readonly column: "tokens" | "count";
  readonly condition: Condition | undefined;
};

/** Of many credentials the sums by account are read: so many rows there can be of credentials and hours. */
function readSource(of: { readonly clientId: string } | Reach) {
  if (of === "every account" || "accountIds" in of) {
    return { table: "account_usage", condition: isWithin(of, "account_id") } as const;
  }
  return { table: "usage", condition: equals("client_id", toUuid(of.clientId)) } as const;
}

async function sumByTime(
  db: Kysely<Schema>,
  { table, column, condition }: Source,
  { since, bucketSeconds }: Period,
): Promise<ReadonlyMap<number, number>> {
  const query = db
    .selectFrom(table)
    .select(["hour", sql<number>`cast(sum(${sql.ref(column)}) as bigint)`.as("sum")])
    .where("hour", ">=", hourOf(since))
    .groupBy("hour");
  const rows = await (condition === undefined ? query : query.where(condition)).execute();
  // By the hour, which is the order of the index: by what is computed, SQLite would sort all rows first.
  const sums = new Map<number, number>();
  for (const { hour, sum } of rows) {
    const at = hour - (hour % bucketSeconds);
    sums.set(at, sum + (sums.get(at) ?? 0));
  }
  return sums;
}
