import { textParameter } from "@biped/database";
import { type Kysely, sql, type Transaction } from "kysely";
import type { AdministrationStorage, Administrator, Session } from "../../administration.ts";
import type { Schema } from "../../schema.ts";
import type { SessionTable } from "../../schema-administration.ts";
import { toName } from "../identifiers.ts";
import type { Change, SqlParts } from "../write.ts";
import {
  administratorColumns,
  describeAdministrator,
  lockAdministrator,
  toAdministrators,
} from "./administrator-rows.ts";

type Sessions = Pick<
  AdministrationStorage,
  | "createSession"
  | "completeSession"
  | "renewSession"
  | "findSession"
  | "touchSession"
  | "countSessionFailure"
  | "listSessions"
  | "endSession"
>;

const columns = [
  "digest",
  "administrator_id",
  "state",
  "created_at",
  "last_seen_at",
  "expires_at",
  "stepped_up_at",
  "failures",
  "source",
  "user_agent",
] as const;

export function createSessions(parts: SqlParts): Sessions {
  const { db, hold } = parts.database;
  const findHeld = hold(selectSession(db).where("session.digest", "=", textParameter("")));
  return {
    ...createSignIn(parts),
    ...createOwnSessions(parts),

    renewSession: async (digest, { digest: next, steppedUpAt }) => {
      const renewal = db.updateTable("session").set({ digest: next, stepped_up_at: steppedUpAt });
      const live = renewal.where("digest", "=", toName(digest)).where("state", "=", "complete");
      return (await live.where("expires_at", ">", steppedUpAt).returning("digest").executeTakeFirst()) !== undefined;
    },

    findSession: async (digest) => {
      const rows = await findHeld(toName(digest));
      const [row] = rows;
      const [administrator] = toAdministrators(rows);
      if (row === undefined || administrator === undefined) return undefined;
      const { session_state: state, session_created_at: created_at, ...more } = row;
      return { session: toSession({ ...more, state, created_at, administrator_id: administrator.id }), administrator };
    },

    touchSession: async (digest, lastSeenAt) => {
      const touch = db.updateTable("session").set({ last_seen_at: lastSeenAt }).where("digest", "=", toName(digest));
      await touch.where("last_seen_at", "<", lastSeenAt).execute();
    },

    countSessionFailure: async (digest) => {
      const count = db.updateTable("session").set({ failures: sql<number>`failures + 1` });
      const pending = count.where("digest", "=", toName(digest)).where("state", "=", "pending");
      return (await pending.returning("failures").executeTakeFirst())?.failures ?? 0;
    },
  };
}

function createOwnSessions({ database: { db } }: SqlParts): Pick<Sessions, "listSessions" | "endSession"> {
  return {
    listSessions: async (administratorId) => {
      const query = db.selectFrom("session").select(columns).where("administrator_id", "=", toName(administratorId));
      return (await query.orderBy("created_at").orderBy("digest").execute()).map(toSession);
    },

    endSession: async (administratorId, digest) => {
      const deletion = db.deleteFrom("session").where("digest", "=", toName(digest));
      const own = deletion.where("administrator_id", "=", toName(administratorId));
      return (await own.returning("digest").executeTakeFirst()) !== undefined;
    },
  };
}

function createSignIn({
  database: { lockRows },
  write,
}: SqlParts): Pick<Sessions, "createSession" | "completeSession"> {
  return {
    createSession: (session, author, proof) =>
      write(author, async (trx) => {
        const { administratorId: id } = session;
        const administrator = await lockAdministrator(trx, id, lockRows);
        if (proof !== undefined && !isStillProved(administrator, proof)) return { answer: false };
        await trx.insertInto("session").values(toRow(session)).execute();
        if (session.state === "pending" || administrator === undefined) return { answer: true };
        return { answer: true, change: await recordSignIn(trx, { id, userAgent: session.userAgent, at: author.at }) };
      }),

    completeSession: (digest, { digest: next, expiresAt }, author) =>
      write(author, async (trx) => {
        const query = trx.selectFrom("session").select("administrator_id").where("digest", "=", toName(digest));
        const id = (await query.executeTakeFirst())?.administrator_id;
        if (id === undefined) return { answer: false };
        // First, as those lock who end all sessions of a person.
        await lockAdministrator(trx, id, lockRows);
        const proven = { last_seen_at: author.at, stepped_up_at: author.at, failures: 0 };
        const completion = trx
          .updateTable("session")
          .set({ digest: next, state: "complete", expires_at: expiresAt, ...proven })
          .where("digest", "=", digest);
        const pending = completion.where("state", "=", "pending").where("expires_at", ">", author.at);
        const row = await pending.returning("user_agent").executeTakeFirst();
        if (row === undefined) return { answer: false };
        return { answer: true, change: await recordSignIn(trx, { id, userAgent: row.user_agent, at: author.at }) };
      }),
  };
}

function isStillProved(
  administrator: Administrator | undefined,
  { passwordHash }: Pick<Administrator, "passwordHash">,
): boolean {
  return administrator?.state === "enabled" && administrator.passwordHash === passwordHash;
}

async function recordSignIn(
  trx: Transaction<Schema>,
  { id, userAgent, at }: { readonly id: string; readonly userAgent: string; readonly at: number },
): Promise<Change> {
  await trx.updateTable("administrator").set({ last_signed_in_at: at }).where("id", "=", id).execute();
  return { action: "administrator.signed-in", ...describeAdministrator(id), before: undefined, after: { userAgent } };
}

function selectSession(db: Kysely<Schema>) {
  return db
    .selectFrom("session")
    .innerJoin("administrator", "administrator.id", "session.administrator_id")
    .leftJoin("membership", "membership.administrator_id", "administrator.id")
    .orderBy("membership.account_id")
    .select(administratorColumns)
    .select([
      "session.digest",
      "session.state as session_state",
      "session.created_at as session_created_at",
      "session.last_seen_at",
      "session.expires_at",
      "session.stepped_up_at",
      "session.failures",
      "session.source",
      "session.user_agent",
    ]);
}

function toSession(row: SessionTable): Session {
  return {
    digest: row.digest,
    administratorId: row.administrator_id,
    state: row.state,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    steppedUpAt: row.stepped_up_at ?? undefined,
    failures: row.failures,
    source: row.source,
    userAgent: row.user_agent,
  };
}

function toRow(session: Session): SessionTable {
  return {
    digest: session.digest,
    administrator_id: session.administratorId,
    state: session.state,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    stepped_up_at: session.steppedUpAt ?? null,
    failures: session.failures,
    source: session.source,
    user_agent: session.userAgent,
  };
}
