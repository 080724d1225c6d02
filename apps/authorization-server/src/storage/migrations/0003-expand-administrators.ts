import type { Migration } from "@biped/database";
import { sql } from "kysely";

/** Those who are there already are platform owners: there was no other kind. */
const statements = [
  `alter table administrator add column name text not null default ''`,
  `alter table administrator add column state text not null default 'enabled'
    check (state in ('enabled', 'disabled', 'invited'))`,
  `alter table administrator add column is_platform_owner bigint not null default 0 check (is_platform_owner in (0, 1))`,
  `update administrator set is_platform_owner = 1`,
  `alter table administrator add column sso_issuer text`,
  `alter table administrator add column sso_subject text check ((sso_issuer is null) = (sso_subject is null))`,
  `alter table administrator add column last_signed_in_at bigint`,
  `alter table administrator add column version bigint not null default 1`,
  `create unique index administrator_by_person on administrator (sso_issuer, sso_subject)`,
  `create table membership (
    administrator_id text not null references administrator (id),
    account_id bigint not null references account (id),
    role text not null check (role in ('viewer', 'administrator', 'owner')),
    primary key (administrator_id, account_id)
  )`,
  `create index membership_by_account on membership (account_id)`,
  `create table setup (
    id bigint not null primary key check (id = 1),
    digest text,
    expires_at bigint,
    completed_at bigint,
    check ((digest is null) = (expires_at is null)),
    check (digest is null or completed_at is null)
  )`,
  `insert into setup (id, completed_at) select 1, min(created_at) from administrator`,
  `create table invitation (
    id text not null primary key,
    administrator_id text not null unique references administrator (id),
    digest text not null unique,
    expires_at bigint not null
  )`,
  `create table session (
    digest text not null primary key,
    administrator_id text not null references administrator (id),
    state text not null check (state in ('pending', 'complete')),
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    stepped_up_at bigint,
    failures bigint not null,
    source text not null,
    user_agent text not null
  )`,
  `create index session_by_administrator on session (administrator_id)`,
  `create table totp_enrolment (
    administrator_id text not null primary key references administrator (id),
    sealed text not null,
    is_confirmed bigint not null check (is_confirmed in (0, 1)),
    last_step bigint
  )`,
  `create table passkey (
    id text not null primary key,
    administrator_id text not null references administrator (id),
    name text not null,
    public_key text not null,
    counter bigint not null,
    transports text not null,
    created_at bigint not null,
    last_used_at bigint
  )`,
  `create index passkey_by_administrator on passkey (administrator_id)`,
  `create table passkey_challenge (
    challenge text not null primary key,
    purpose text not null check (purpose in ('sign-in', 'enrol')),
    administrator_id text references administrator (id),
    expires_at bigint not null
  )`,
  `create table recovery_code (
    administrator_id text not null references administrator (id),
    digest text not null,
    primary key (administrator_id, digest)
  )`,
  `create table sso_attempt (
    state_digest text not null primary key,
    nonce text not null,
    code_verifier text not null,
    expires_at bigint not null
  )`,
  `create table access_token (
    id text not null primary key,
    administrator_id text not null references administrator (id),
    name text not null,
    digest text not null unique,
    scopes text not null,
    account_id bigint references account (id),
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint
  )`,
  `create index access_token_by_administrator on access_token (administrator_id)`,
];

export const administrators: Migration = async ({ db }) => {
  for (const statement of statements) await sql.raw(statement).execute(db);
};
