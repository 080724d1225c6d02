import { forbidChanges, type Migration } from "@biped/database";
import { firstHash } from "@biped/management-client/audit-chain";
import { sql } from "kysely";

/** `bigint` is an integer of 64 bits on both engines. SQLite allows NULL in a primary key that does not forbid it. */
const statements = [
  `create table account (
    id bigint not null primary key check (id > 0),
    name text not null,
    state text not null check (state in ('enabled', 'disabled')),
    epoch bigint not null
  )`,
  `create table cloud (name text not null primary key, endpoint text not null unique)`,
  `create table project (
    id bigint not null primary key check (id > 0),
    account_id bigint not null references account (id),
    cloud text not null references cloud (name),
    name text not null,
    time_zone text not null,
    state text not null check (state in ('enabled', 'disabled')),
    epoch bigint not null,
    unique (account_id, id)
  )`,
  // The pair is a key of `project`, so that no credential can name another account's project.
  `create table credential (
    client_id text not null primary key,
    account_id bigint not null references account (id),
    project_id bigint,
    name text not null,
    scopes text not null,
    allowed_ranges text not null,
    expires_at bigint,
    state text not null check (state in ('enabled', 'disabled', 'deleted')),
    epoch bigint not null,
    created_at bigint not null,
    foreign key (account_id, project_id) references project (account_id, id)
  )`,
  `create index credential_by_parent on credential (account_id, project_id)`,
  `create view live_credential as
    select client_id, account_id, project_id, name, scopes, allowed_ranges, expires_at, state, epoch
    from credential where state <> 'deleted'`,
  `create table secret (
    id text not null primary key,
    client_id text not null references credential (client_id),
    ordinal bigint not null,
    digest text,
    pepper_id text,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    retired_at bigint,
    unique (client_id, ordinal),
    check ((digest is null) = (pepper_id is null)),
    check (digest is null or retired_at is null)
  )`,
  `create view live_secret as
    select id, client_id, ordinal, digest, pepper_id, created_at, expires_at, last_used_at
    from secret where digest is not null`,
  `create table signing_key (
    kid text not null primary key,
    algorithm text not null,
    state text not null check (state in ('next', 'active', 'passive', 'gone')),
    public_jwk text not null,
    sealed_private_key text,
    created_at bigint not null,
    state_since bigint not null,
    check ((sealed_private_key is null) = (state = 'gone'))
  )`,
  `create unique index signing_key_one_next on signing_key (state) where state = 'next'`,
  `create unique index signing_key_one_active on signing_key (state) where state = 'active'`,
  `create table pepper (
    id text not null primary key,
    ordinal bigint not null unique,
    sealed text not null,
    created_at bigint not null
  )`,
  `create table token_revocation (
    token_id text not null primary key,
    client_id text not null,
    account_id bigint not null,
    until bigint not null,
    revoked_at bigint not null
  )`,
  `create table administrator (
    id text not null primary key,
    email text not null,
    email_key text not null unique,
    password_hash text not null,
    created_at bigint not null
  )`,
  `create table usage (
    client_id text not null,
    secret_id text not null,
    hour bigint not null,
    tokens bigint not null,
    primary key (client_id, secret_id, hour)
  )`,
  `create table audit_event (
    sequence bigint not null primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    account_id bigint,
    request_id text,
    before text,
    after text,
    hash text not null
  )`,
  `create table audit_head (
    id bigint not null primary key check (id = 1),
    sequence bigint not null,
    hash text not null
  )`,
  `insert into audit_head (id, sequence, hash) values (1, 0, '${firstHash}')`,
];

export const initial: Migration = async (target) => {
  for (const statement of statements) await sql.raw(statement).execute(target.db);
  await forbidChanges(target, "audit_event");
};
