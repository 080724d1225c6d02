import { type SqlBool, sql } from "kysely";
import type { ViewStorage } from "../../views.ts";
import { auditColumns, toAuditEvent } from "../audit-log.ts";
import { toName, toNumber } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { all, type Condition, equals, isWithin } from "./conditions.ts";

type AuditViews = Pick<ViewStorage, "pageAuditEvents">;

export function createAuditViews({ database: { db } }: SqlParts): AuditViews {
  return {
    pageAuditEvents: async (reach, { accountId, actor, action, subject, from, to }, { limit, before }) => {
      const condition = all(
        isWithin(reach, "account_id"),
        equals("account_id", accountId),
        equals("actor", actor),
        isOfAction(action),
        equals("subject", subject),
        from === undefined ? undefined : sql<SqlBool>`${sql.ref("at")} >= ${toNumber(from)}`,
        to === undefined ? undefined : sql<SqlBool>`${sql.ref("at")} < ${toNumber(to)}`,
        before === undefined ? undefined : sql<SqlBool>`${sql.ref("sequence")} < ${toNumber(before)}`,
      );
      const query = db.selectFrom("audit_event").select(auditColumns).where(condition);
      return (await query.orderBy("sequence", "desc").limit(limit).execute()).map(toAuditEvent);
    },
  };
}

/** An action is a noun, a point and a participle; a text without a point is a noun. */
function isOfAction(action: string | undefined): Condition | undefined {
  if (action === undefined || action.includes(".")) return equals("action", action);
  const beginning = `${toName(action)}.`;
  return sql<SqlBool>`substr(${sql.ref("action")}, 1, ${sql.lit(beginning.length)}) = ${beginning}`;
}
