import type { Engine, Migration, MigrationTarget } from "@biped/database";
import { type Kysely, sql } from "kysely";
import { formatNameKey } from "../name-key.ts";
import { participleLetters } from "../participle-letters.ts";

/** Texts in the order of their bytes, which is the only one that both engines know. */
const textOf = { sqlite: "text", postgres: `text collate "C"` } as const;

const listColumns = (engine: Engine) => [
  ...["account", "project", "cloud", "credential"].map(
    (table) => `alter table ${table} add column version bigint not null default 1`,
  ),
  ...["account", "project", "credential"].map(
    (table) => `alter table ${table} add column name_key ${textOf[engine]} not null default ''`,
  ),
  ...["account", "project"].map((table) => `alter table ${table} add column created_at bigint not null default 0`),
  `alter table account add column credential_lifetime_limit_days bigint`,
  `alter table secret add column last_used_source text`,
  // The end that a rotation replaced; before this step nothing but tests rotated.
  `alter table secret add column former_expires_at bigint`,
  `alter table audit_event add column source text`,
];

const tables = [
  `create table idempotency_record (
    actor text not null,
    key text not null,
    fingerprint text not null,
    answer text,
    created_at bigint not null,
    primary key (actor, key)
  )`,
  `create index idempotency_record_by_creation on idempotency_record (created_at)`,
  `create table account_usage (
    account_id bigint not null,
    hour bigint not null,
    tokens bigint not null,
    primary key (account_id, hour)
  )`,
  // With what the sums are made of, here and below, so that they read the index alone.
  `create index account_usage_by_hour on account_usage (hour, account_id, tokens)`,
  // Without a credential both ids are those that nothing has: an empty text and 0.
  `create table refusal_count (
    client_id text not null,
    account_id bigint not null,
    hour bigint not null,
    reason text not null,
    count bigint not null,
    primary key (client_id, hour, reason)
  )`,
  `create index refusal_count_by_account on refusal_count (account_id, hour)`,
  `create index refusal_count_by_hour on refusal_count (hour, reason, account_id, count)`,
  `create table recent_refusal (
    client_id text not null,
    hour bigint not null,
    reason text not null,
    source text not null,
    at bigint not null,
    count bigint not null,
    primary key (client_id, hour, reason, source)
  )`,
];

const indexes = [
  `create index account_by_name on account (name_key, id)`,
  `create index project_by_name on project (name_key, id)`,
  `create index project_by_cloud on project (cloud)`,
  // With what a list filters by, so that a search of all credentials reads the index alone.
  `create index credential_by_name on credential (name_key, client_id, account_id, state) where state <> 'deleted'`,
  `create index credential_by_creation on credential (created_at, client_id, account_id, name_key, state)
    where state <> 'deleted'`,
  `create index credential_by_project on credential (project_id) where state <> 'deleted'`,
  `create index credential_by_end on credential (expires_at) where state <> 'deleted' and expires_at is not null`,
  `create index secret_by_end on secret (expires_at) where digest is not null and expires_at is not null`,
  // Each with what is mostly asked for beside it.
  `create index audit_event_by_sequence on audit_event (sequence, at, account_id)`,
  `create index audit_event_by_account on audit_event (account_id, sequence, at, action)`,
  `create index audit_event_by_actor on audit_event (actor, sequence, at, account_id, action)`,
  `create index audit_event_by_action on audit_event (action, sequence, at, account_id)`,
  `create index audit_event_by_noun on audit_event (rtrim(action, '${participleLetters}'), sequence, at, account_id)`,
  `create index audit_event_by_subject on audit_event (subject, sequence)`,
];

const views = {
  live_credential: `
    select client_id, account_id, project_id, name, scopes, allowed_ranges, expires_at, state, epoch,
      name_key, created_at, version
    from credential where state <> 'deleted'`,
  live_secret: `
    select id, client_id, ordinal, digest, pepper_id, created_at, expires_at, last_used_at,
      last_used_source, former_expires_at
    from secret where digest is not null`,
};

const fillings = [
  ...["account", "project"].map(
    (table) => `update ${table} set created_at = coalesce(
      (select min(at) from audit_event where action = '${table}.created' and subject = '${table}:' || ${table}.id), 0)`,
  ),
  `insert into account_usage (account_id, hour, tokens)
    select account_id, hour, sum(tokens) from usage inner join credential on credential.client_id = usage.client_id
    group by account_id, hour`,
];

/** What the management API reads and writes: versions, names as they are sorted, counts, answers to give again. */
export const management: Migration = async (target) => {
  const { db, engine } = target;
  for (const statement of [...listColumns(engine), ...tables, ...indexes, ...fillings]) {
    await sql.raw(statement).execute(db);
  }
  for (const [name, selection] of Object.entries(views)) await replaceView(target, name, selection);
  for (const [table, id] of [
    ["account", "id"],
    ["project", "id"],
    ["credential", "client_id"],
  ] as const) {
    await fillNameKeys(db, table, id);
  }
};

/** Replaced in place where that is possible: a view that is dropped loses its grants. */
async function replaceView({ db, engine }: MigrationTarget, name: string, selection: string): Promise<void> {
  if (engine === "sqlite") await sql.raw(`drop view ${name}`).execute(db);
  const create = engine === "sqlite" ? "create view" : "create or replace view";
  await sql.raw(`${create} ${name} as ${selection}`).execute(db);
}

/** The engines fold case each in its own way, so that the keys are made here. */
async function fillNameKeys(db: Kysely<unknown>, table: string, id: string): Promise<void> {
  const rows = await sql<{ id: string | number; name: string }>`
    select ${sql.ref(id)} as id, name from ${sql.table(table)}`.execute(db);
  for (const row of rows.rows) {
    await sql`update ${sql.table(table)} set name_key = ${formatNameKey(row.name)} where ${sql.ref(id)} = ${row.id}`.execute(
      db,
    );
  }
}
