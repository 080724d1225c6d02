import { isStorableText } from "@biped/database";
import { sql } from "kysely";
import type { FileStorage } from "../storage.ts";
import { fileColumns, toFile } from "./file-rows.ts";
import { jobColumns, toJob } from "./job-rows.ts";
import type { ExportDatabase } from "./parts.ts";
import { runColumns, toRun } from "./run-rows.ts";
import { splitList } from "./split-list.ts";

export function createFiles({ db, transaction }: ExportDatabase): FileStorage {
  return {
    findLinkedFile: async (fileId) => {
      if (!isStorableText(fileId)) return undefined;
      const row = await db
        .selectFrom("files")
        .innerJoin("runs", "runs.run_id", "files.run_id")
        .innerJoin("jobs", "jobs.job_id", "runs.job_id")
        .select([...fileColumns, ...runColumns, ...jobColumns])
        .where("files.file_id", "=", fileId)
        .executeTakeFirst();
      return row && { file: toFile(row), run: toRun(row), job: toJob(row), projectId: row.project_id };
    },

    sumFileBytes: async (projectId) => {
      const files = db.selectFrom("files").innerJoin("runs", "runs.run_id", "files.run_id");
      const total = sql<number>`coalesce(cast(sum(files.byte_count) as bigint), 0)`.as("total");
      return (await files.select(total).where("project_id", "=", projectId).executeTakeFirstOrThrow()).total;
    },

    sumAllFileBytes: async () => {
      const total = sql<number>`coalesce(cast(sum(byte_count) as bigint), 0)`.as("total");
      return (await db.selectFrom("files").select(total).executeTakeFirstOrThrow()).total;
    },

    listExpiredFiles: async (nowSeconds, limit) => {
      const files = db.selectFrom("files").select(fileColumns).where("expires_at", "<=", nowSeconds);
      return (await files.orderBy("expires_at").orderBy("file_id").limit(limit).execute()).map(toFile);
    },

    forgetFiles: (fileIds) =>
      transaction(async (trx) => {
        for (const some of splitList(fileIds)) await trx.deleteFrom("files").where("file_id", "in", some).execute();
      }),

    findStoredNames: async (names) => {
      const found = new Set<string>();
      for (const some of splitList(names.filter(isStorableText))) {
        const rows = await db.selectFrom("files").select("stored_name").where("stored_name", "in", some).execute();
        for (const { stored_name } of rows) found.add(stored_name);
      }
      return found;
    },
  };
}
