import type { Migration } from "@biped/database";
import { sql } from "kysely";

const statements = [
  // One row for each running node; a node that stops takes it away.
  `create table usage_node (
    node_id text not null primary key,
    started_at bigint not null,
    flushed_at bigint not null
  )`,
  `create table usage_gap (
    node_id text not null,
    from_at bigint not null,
    until_at bigint not null,
    cause text not null check (cause in ('node ended', 'too many refusals')),
    primary key (node_id, from_at, cause),
    check (from_at <= until_at)
  )`,
  `create index usage_gap_by_end on usage_gap (until_at)`,
  `create table issue_event (
    token_id text not null primary key,
    at bigint not null,
    client_id text not null,
    secret_id text not null,
    account_id bigint not null,
    project_id bigint not null,
    scope text not null,
    source text not null
  )`,
  `create index issue_event_by_time on issue_event (at)`,
];

/** Where counts of use may be missing, and the tokens that were issued in the audit mode `strict`. */
export const usageGaps: Migration = async ({ db }) => {
  for (const statement of statements) await sql.raw(statement).execute(db);
};
