import { isUniqueViolation } from "@biped/database";
import type { Cloud, Storage } from "../storage.ts";
import { toName } from "./identifiers.ts";
import type { SqlParts } from "./write.ts";

type Clouds = Pick<Storage, "createCloud" | "listClouds" | "setCloudEndpoint">;

const columns = ["name", "endpoint"] as const;

export function createClouds({ database: { db, lockRows }, write }: SqlParts): Clouds {
  return {
    createCloud: ({ name, endpoint }, author) =>
      write<Cloud | "name taken" | "endpoint taken">(author, async (trx) => {
        const insertion = trx.insertInto("cloud").values({ name, endpoint });
        const cloud = await insertion
          .onConflict((conflict) => conflict.doNothing())
          .returning(columns)
          .executeTakeFirst();
        if (cloud !== undefined) {
          const change = { action: "cloud.created", ...describe(name), before: undefined, after: cloud };
          return { answer: cloud, change };
        }
        const same = await trx.selectFrom("cloud").select("name").where("name", "=", name).executeTakeFirst();
        return { answer: same === undefined ? "endpoint taken" : "name taken" };
      }),

    // Sorted here, because each engine has its own order of texts.
    listClouds: async () => {
      const clouds = await db.selectFrom("cloud").select(columns).execute();
      return clouds.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    },

    setCloudEndpoint: async ({ name, endpoint }, author) => {
      try {
        return await write(author, async (trx) => {
          const query = trx.selectFrom("cloud").select(columns).where("name", "=", toName(name));
          const former = await query.$call(lockRows).executeTakeFirst();
          if (former === undefined || former.endpoint === endpoint) return { answer: former };
          await trx.updateTable("cloud").set({ endpoint }).where("name", "=", name).execute();
          const change = { before: { endpoint: former.endpoint }, after: { endpoint } };
          return { answer: { name, endpoint }, change: { action: "cloud.changed", ...describe(name), ...change } };
        });
      } catch (error) {
        if (isUniqueViolation(error)) return "endpoint taken";
        throw error;
      }
    },
  };
}

function describe(name: string) {
  return { subject: `cloud:${name}`, accountId: undefined };
}
