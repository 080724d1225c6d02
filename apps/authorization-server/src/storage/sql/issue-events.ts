import type { CoreStorage, IssueEvent } from "../storage.ts";
import { cut } from "./cut.ts";
import type { SqlParts } from "./write.ts";

type IssueEvents = Pick<CoreStorage, "recordIssues">;

export function createIssueEvents({ database: { db, transaction } }: SqlParts): IssueEvents {
  return {
    recordIssues: async (events) => {
      const [first = [], ...others] = cut(events.map(toRow));
      if (first.length === 0) return;
      if (others.length === 0) await db.insertInto("issue_event").values(first).execute();
      else
        await transaction(async (trx) => {
          for (const rows of [first, ...others]) await trx.insertInto("issue_event").values(rows).execute();
        });
    },
  };
}

function toRow({ tokenId, clientId, secretId, accountId, projectId, ...same }: IssueEvent) {
  const ids = { token_id: tokenId, client_id: clientId, secret_id: secretId };
  return { ...same, ...ids, account_id: accountId, project_id: projectId };
}
