import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { participleLetters } from "../../participle-letters.ts";
import type { Schema } from "../../schema.ts";
import type { AuditFilter, Reach, ViewStorage } from "../../views.ts";
import { auditColumns, toAuditEvent } from "../audit-log.ts";
import { toName, toNumber } from "../identifiers.ts";
import type { SqlParts } from "../write.ts";
import { all, type Condition, isWithin } from "./conditions.ts";

type AuditViews = Pick<ViewStorage, "pageAuditEvents" | "findEmails" | "listTokenCreations">;

export function createAuditViews({ database: { db } }: SqlParts): AuditViews {
  return {
    pageAuditEvents: async (reach, filter, { limit, before }) => {
      const isBefore = before === undefined ? undefined : sql<SqlBool>`${sql.ref("sequence")} < ${toNumber(before)}`;
      const found = selectSequences(db, all(...readFilter(reach, filter), isBefore), limit);
      const query = db.selectFrom("audit_event").select(auditColumns).where("sequence", "in", found);
      return (await query.orderBy("sequence", "desc").execute()).map(toAuditEvent);
    },

    findEmails: async (administratorIds) => {
      if (administratorIds.length === 0) return new Map();
      const query = db.selectFrom("administrator").select(["id", "email"]);
      const rows = await query.where("id", "in", administratorIds.map(toName)).execute();
      return new Map(rows.map(({ id, email }) => [id, email]));
    },

    listTokenCreations: async (accessTokenIds) => {
      if (accessTokenIds.length === 0) return [];
      const subjects = accessTokenIds.map((id) => toName(`access-token:${id}`));
      // By the index of subjects alone: no token has more than two events.
      const query = db.selectFrom("audit_event").select(auditColumns).where("subject", "in", subjects);
      const events = (await query.orderBy("sequence").execute()).map(toAuditEvent);
      return events.filter(({ action }) => action === "access-token.created");
    },
  };
}

/** Alone, because the indexes hold all that is filtered by: what is passed over is never fetched. */
function selectSequences(db: Kysely<Schema>, condition: Condition, limit: number) {
  return db.selectFrom("audit_event").select("sequence").where(condition).orderBy("sequence", "desc").limit(limit);
}

function readFilter(reach: Reach, { accountId, actor, action, subject, from, to }: AuditFilter): readonly Condition[] {
  // The one that narrows most comes first, and the index of it is taken: without statistics SQLite would guess.
  const [first, ...others] = [
    subject === undefined ? [] : [isText("subject", subject)],
    actor === undefined ? [] : [isText("actor", actor)],
    accountId === undefined ? [] : [isOfAccount(accountId)],
    action === undefined ? [] : [action.includes(".") ? isText("action", action) : isOfNoun(action)],
  ].flat();
  return [
    ...(first === undefined ? [] : [first("by index")]),
    ...others.map((test) => test("row by row")),
    isWithin(reach, "account_id"),
    ...(from === undefined ? [] : [sql<SqlBool>`+at >= ${toNumber(from)}`]),
    ...(to === undefined ? [] : [sql<SqlBool>`+at < ${toNumber(to)}`]),
  ];
}

type Test = (use: "by index" | "row by row") => Condition;

/** What is computed is in no index of its column. */
function readText(column: "subject" | "actor" | "action", use: Parameters<Test>[0]): RawBuilder<unknown> {
  return use === "by index" ? sql.ref(column) : sql`(${sql.ref(column)} || '')`;
}

function isText(column: "subject" | "actor" | "action", value: string): Test {
  return (use) => sql<SqlBool>`${readText(column, use)} = ${toName(value)}`;
}

function isOfAccount(accountId: number): Test {
  return (use) => sql<SqlBool>`${sql.raw(use === "by index" ? "" : "+")}account_id = ${toNumber(accountId)}`;
}

/** An action is a noun, a point and a participle: without the participle it is the noun and the point, as in the index. */
function isOfNoun(noun: string): Test {
  return (use) => {
    const beginning = sql`rtrim(${readText("action", use)}, ${sql.lit(participleLetters)})`;
    return sql<SqlBool>`${beginning} = ${`${toName(noun)}.`}`;
  };
}
