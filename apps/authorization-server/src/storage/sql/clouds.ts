import { isUniqueViolation } from "@biped/database";
import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { Author, Cloud, CoreStorage, NewCloud } from "../storage.ts";
import { weighChange } from "./difference.ts";
import { toName } from "./identifiers.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type Clouds = Pick<CoreStorage, "createCloud" | "listClouds" | "setCloudEndpoint">;

const columns = ["name", "endpoint", "version"] as const;

export function createClouds({ database: { db, lockRows }, write }: SqlParts): Clouds {
  return {
    createCloud: ({ name, endpoint }, author) =>
      write<Cloud | "name taken" | "endpoint taken">(author, async (trx) => {
        const insertion = trx.insertInto("cloud").values({ name, endpoint, version: 1 });
        const cloud = await insertion
          .onConflict((conflict) => conflict.doNothing())
          .returning(columns)
          .executeTakeFirst();
        if (cloud !== undefined) {
          const after = { name, endpoint };
          return { answer: cloud, change: { action: "cloud.created", ...describe(name), before: undefined, after } };
        }
        const same = await trx.selectFrom("cloud").select("name").where("name", "=", name).executeTakeFirst();
        return { answer: same === undefined ? "endpoint taken" : "name taken" };
      }),

    // Sorted here, because each engine has its own order of texts.
    listClouds: async () => {
      const clouds = await db.selectFrom("cloud").select(columns).execute();
      return clouds.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    },

    setCloudEndpoint: async (cloud, author) => {
      try {
        return await write(author, (trx) => setEndpoint(trx, { cloud, lockRows }, author));
      } catch (error) {
        if (isUniqueViolation(error)) return "endpoint taken";
        throw error;
      }
    },
  };
}

async function setEndpoint(
  trx: Transaction<Schema>,
  { cloud: { name, endpoint }, lockRows }: { readonly cloud: NewCloud; readonly lockRows: LockRows },
  author: Author,
): Promise<Outcome<Cloud | undefined | "version mismatch">> {
  const query = trx.selectFrom("cloud").select(columns).where("name", "=", toName(name));
  const weighed = weighChange(await query.$call(lockRows).executeTakeFirst(), { endpoint }, author);
  if ("answer" in weighed) return weighed;
  const { former, difference } = weighed;
  const version = former.version + 1;
  await trx.updateTable("cloud").set({ endpoint, version }).where("name", "=", name).execute();
  return { answer: { name, endpoint, version }, change: { action: "cloud.changed", ...describe(name), ...difference } };
}

function describe(name: string) {
  return { subject: `cloud:${name}`, accountId: undefined };
}
