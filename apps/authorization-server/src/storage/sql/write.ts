import type { Database } from "@biped/database";
import type { Transaction } from "kysely";
import { formatCanonicalJson, linkAuditEntry } from "../audit-chain.ts";
import type { Schema } from "../schema.ts";
import type { AuditEntry, Author } from "../storage.ts";

export type Change = Pick<AuditEntry, "action" | "subject" | "accountId" | "before" | "after">;

/** What a write answers and what it changed. Without a change there is no audit event. */
export type Outcome<Answer> = { readonly answer: Answer; readonly change?: Change };

/** Runs a change and stores its audit event in one transaction. */
export type Write = <Answer>(
  author: Author,
  work: (transaction: Transaction<Schema>) => Promise<Outcome<Answer>>,
) => Promise<Answer>;

export type LockRows = Database<Schema>["lockRows"];

/** What each part of the storage is made of. */
export type SqlParts = { readonly database: Database<Schema>; readonly write: Write };

/**
 * Locks are taken in one order by all: account or project, credential, secrets by their id, and last the head of the
 * audit chain, which all writes of all nodes pass one by one until they commit.
 */
export function createWrite({ transaction, lockRows }: Database<Schema>): Write {
  return (author, work) =>
    transaction(async (trx) => {
      const { answer, change } = await work(trx);
      if (change === undefined) return answer;
      const entry = { ...change, at: author.at, actor: author.actor, requestId: author.requestId };
      const head = await trx
        .selectFrom("audit_head")
        .select(["sequence", "hash"])
        .where("id", "=", 1)
        .$call(lockRows)
        .executeTakeFirstOrThrow();
      const link = linkAuditEntry(head, entry);
      await trx
        .insertInto("audit_event")
        .values({ ...formatEntry(entry), ...link })
        .execute();
      await trx.updateTable("audit_head").set(link).where("id", "=", 1).execute();
      return answer;
    });
}

function formatEntry({ at, actor, action, subject, accountId, requestId, before, after }: AuditEntry) {
  return {
    at,
    actor,
    action,
    subject,
    account_id: accountId ?? null,
    request_id: requestId ?? null,
    before: before === undefined ? null : formatCanonicalJson(before),
    after: after === undefined ? null : formatCanonicalJson(after),
  };
}
