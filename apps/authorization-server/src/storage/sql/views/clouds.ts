import { sql } from "kysely";
import type { ViewStorage } from "../../views.ts";
import type { SqlParts } from "../write.ts";
import { isCounted } from "./conditions.ts";

type CloudViews = Pick<ViewStorage, "viewClouds">;

export function createCloudViews({ database: { db } }: SqlParts): CloudViews {
  return {
    viewClouds: async (reach) => {
      const clouds = await db.selectFrom("cloud").select(["name", "endpoint", "version"]).execute();
      const counts = await db
        .selectFrom("project")
        .select(["cloud", sql<number>`count(*)`.as("count")])
        .where(isCounted(reach, "account_id"))
        .groupBy("cloud")
        .execute();
      const projects = new Map(counts.map(({ cloud, count }) => [cloud, count]));
      return clouds
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .map((cloud) => ({ ...cloud, projectCount: projects.get(cloud.name) ?? 0 }));
    },
  };
}
