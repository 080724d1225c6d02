import type { CopyStorage } from "../copies.ts";
import type { Secret } from "../storage.ts";
import { selectAccounts, toAccount } from "./accounts.ts";
import { credentialColumns, toCredential, toSecret } from "./client.ts";
import { nilUuid } from "./identifiers.ts";
import { selectProjects } from "./projects.ts";
import { secretColumns } from "./secrets.ts";
import type { SqlParts } from "./write.ts";

export function createCopies({ database: { db } }: Pick<SqlParts, "database">): CopyStorage {
  return {
    copyAccounts: async (after, limit) =>
      (await selectAccounts(db).where("id", ">", after).orderBy("id").limit(limit).execute()).map(toAccount),

    copyProjects: (after, limit) =>
      selectProjects(db).where("project.id", ">", after).orderBy("project.id").limit(limit).execute(),

    copyCredentials: async (after = nilUuid, limit) => {
      const page = db.selectFrom("live_credential").select(credentialColumns).where("client_id", ">", after);
      const credentials = await page.orderBy("client_id").limit(limit).execute();
      const last = credentials.at(-1)?.client_id ?? after;
      const between = db.selectFrom("live_secret").select(secretColumns).where("client_id", ">", after);
      const secrets = await between.where("client_id", "<=", last).orderBy("ordinal").execute();
      const byClient = new Map<string, Secret[]>(credentials.map(({ client_id }) => [client_id, []]));
      for (const secret of secrets) byClient.get(secret.client_id)?.push(toSecret(secret));
      return credentials.map((row) => ({
        credential: toCredential(row),
        secrets: byClient.get(row.client_id) ?? [],
      }));
    },
  };
}
