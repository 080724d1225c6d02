import { sql } from "kysely";
import type { LinkKeyRow } from "../schema.ts";
import type { LinkKey, ProjectSettings, SettingsStorage } from "../storage.ts";
import type { ExportDatabase, Reader } from "./parts.ts";

/** Of a project of which nothing was ever set. */
export const unset: ProjectSettings = { timeZone: "UTC", linkEpoch: 0 };

export function createSettings({ db, transaction }: ExportDatabase): SettingsStorage {
  return {
    findProjectSettings: async (projectId) => {
      const settings = db.selectFrom("project_settings").select(["time_zone", "link_epoch"]);
      const row = await settings.where("project_id", "=", projectId).executeTakeFirst();
      return row === undefined ? unset : { timeZone: row.time_zone, linkEpoch: row.link_epoch };
    },

    setTimeZone: async (projectId, timeZone) => {
      await db
        .insertInto("project_settings")
        .values({ project_id: projectId, time_zone: timeZone, link_epoch: unset.linkEpoch })
        .onConflict((conflict) => conflict.column("project_id").doUpdateSet({ time_zone: timeZone }))
        .execute();
    },

    raiseLinkEpoch: async (projectId) => {
      const raised = sql<number>`project_settings.link_epoch + 1`;
      await db
        .insertInto("project_settings")
        .values({ project_id: projectId, time_zone: unset.timeZone, link_epoch: unset.linkEpoch + 1 })
        .onConflict((conflict) => conflict.column("project_id").doUpdateSet({ link_epoch: raised }))
        .execute();
    },

    keepLinkKey: (key, notBefore) =>
      transaction(async (trx) => {
        const known = await listKeys(trx);
        const newest = known[0];
        if (newest !== undefined && newest.createdAt > notBefore) return known;
        // No key has two that come after it: of several at once, one is added, and the others wait for it and see it.
        const insertion = trx.insertInto("link_keys").values(toKeyRow(key, newest));
        await insertion.onConflict((conflict) => conflict.doNothing()).execute();
        return listKeys(trx);
      }),

    listLinkKeys: () => listKeys(db),

    forgetLinkKeys: async (createdBefore) => {
      await db.deleteFrom("link_keys").where("created_at", "<", createdBefore).execute();
    },
  };
}

async function listKeys(db: Reader): Promise<readonly LinkKey[]> {
  const keys = db.selectFrom("link_keys").select(["key_id", "secret", "created_at"]);
  const rows = await keys.orderBy("created_at", "desc").orderBy("key_id").execute();
  return rows.map((row) => ({
    keyId: row.key_id,
    secret: new Uint8Array(Buffer.from(row.secret, "base64")),
    createdAt: row.created_at,
  }));
}

function toKeyRow({ keyId, secret, createdAt }: LinkKey, before: LinkKey | undefined): LinkKeyRow {
  return {
    key_id: keyId,
    secret: Buffer.from(secret).toString("base64"),
    created_at: createdAt,
    comes_after: before?.keyId ?? "",
  };
}
