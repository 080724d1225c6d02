import type { Database } from "@biped/database";
import { formatCanonicalJson, linkAuditEntry } from "@biped/management-client/audit-chain";
import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { AuditEntry, Author } from "../storage.ts";
import { beginOnce } from "./idempotency.ts";

export type Change = Pick<AuditEntry, "action" | "subject" | "accountId" | "before" | "after">;

/** What a write answers and what it changed. Without a change there is no audit event. */
export type Outcome<Answer> = { readonly answer: Answer; readonly change?: Change };

/**
 * Runs a change and stores its audit event in one transaction. Where the author has an Idempotency-Key, the answer is
 * stored too and must be a plain JSON value.
 */
export type Write = <Answer>(
  author: Author,
  work: (transaction: Transaction<Schema>) => Promise<Outcome<Answer>>,
) => Promise<Answer>;

export type LockRows = Database<Schema>["lockRows"];

/** What each part of the storage is made of. */
export type SqlParts = { readonly database: Database<Schema>; readonly write: Write };

/** Of PostgreSQL: told of each event, by which the other nodes hear of a change at once. */
export const changesChannel = "biped_changes";

/**
 * Locks are taken in one order by all: the Idempotency-Key, account or project, credential, secrets by their id, and
 * last the head of the audit chain, which all writes of all nodes pass one by one until they commit.
 */
export function createWrite({ engine, transaction, lockRows }: Database<Schema>): Write {
  return <Answer>(author: Author, work: (transaction: Transaction<Schema>) => Promise<Outcome<Answer>>) =>
    transaction(async (trx) => {
      const once = await beginOnce<Answer>(trx, author);
      if ("former" in once) return once.former;
      const { answer, change } = await work(trx);
      await once.end(change === undefined ? "nothing changed" : { answer });
      if (change === undefined) return answer;
      await appendEvent(trx, createEntry(change, author), lockRows);
      // PostgreSQL sends it when the transaction commits.
      if (engine === "postgres") await sql`select pg_notify(${sql.lit(changesChannel)}, '')`.execute(trx);
      return answer;
    });
}

function createEntry(change: Change, { at, actor, requestId, source }: Author): AuditEntry {
  return { ...change, at, actor, requestId, source };
}

async function appendEvent(trx: Transaction<Schema>, entry: AuditEntry, lockRows: LockRows): Promise<void> {
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
}

/** The columns of an event, but for its link. */
export function formatEntry({ at, actor, action, subject, accountId, requestId, source, before, after }: AuditEntry) {
  return {
    at,
    actor,
    action,
    subject,
    account_id: accountId ?? null,
    request_id: requestId ?? null,
    source: source ?? null,
    before: before === undefined ? null : formatCanonicalJson(before),
    after: after === undefined ? null : formatCanonicalJson(after),
  };
}
