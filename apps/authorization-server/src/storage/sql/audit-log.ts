import type { Schema } from "../schema.ts";
import type { AuditEvent, CoreStorage } from "../storage.ts";
import { parseMembers } from "./json-text.ts";
import type { SqlParts } from "./write.ts";

type AuditLog = Pick<CoreStorage, "listAuditEvents" | "findAuditHead">;

export const auditColumns = [
  "sequence",
  "at",
  "actor",
  "action",
  "subject",
  "account_id",
  "request_id",
  "source",
  "before",
  "after",
  "hash",
] as const;

export function createAuditLog({ database: { db } }: SqlParts): AuditLog {
  return {
    listAuditEvents: async (afterSequence, limit) => {
      const query = db.selectFrom("audit_event").select(auditColumns).where("sequence", ">", afterSequence);
      return (await query.orderBy("sequence").limit(limit).execute()).map(toAuditEvent);
    },

    findAuditHead: () => db.selectFrom("audit_head").select(["sequence", "hash"]).executeTakeFirstOrThrow(),
  };
}

export function toAuditEvent(row: Schema["audit_event"]): AuditEvent {
  return {
    sequence: row.sequence,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    accountId: row.account_id ?? undefined,
    requestId: row.request_id ?? undefined,
    source: row.source ?? undefined,
    before: parseMembers(row.before),
    after: parseMembers(row.after),
    hash: row.hash,
  };
}
