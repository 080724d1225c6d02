import type { SigningAlgorithm } from "@biped/protocol";
import type { AdministrationSchema } from "./schema-administration.ts";
import type { SigningKeyState, State, UsageGap } from "./storage.ts";

/**
 * The tables as the queries see them, the same on both engines. Times are epoch seconds, lists are JSON.
 * Credentials and secrets are read through `live_credential` and `live_secret` only; the tables are for writing.
 */
export type Schema = AdministrationSchema & {
  readonly account: AccountTable;
  readonly cloud: CloudTable;
  readonly project: ProjectTable;
  readonly credential: CredentialTable;
  readonly live_credential: LiveCredentialView;
  readonly secret: SecretTable;
  readonly live_secret: LiveSecretView;
  readonly signing_key: SigningKeyTable;
  readonly pepper: PepperTable;
  readonly token_revocation: TokenRevocationTable;
  readonly usage: UsageTable;
  readonly account_usage: AccountUsageTable;
  readonly refusal_count: RefusalCountTable;
  readonly recent_refusal: RecentRefusalTable;
  readonly usage_node: UsageNodeTable;
  readonly usage_gap: UsageGapTable;
  readonly issue_event: IssueEventTable;
  readonly idempotency_record: IdempotencyRecordTable;
  readonly audit_event: AuditEventTable;
  readonly audit_head: AuditHeadTable;
};

export type AccountTable = {
  readonly id: number;
  readonly name: string;
  /** The name as it is sorted and searched, here and below. */
  readonly name_key: string;
  readonly state: State;
  readonly epoch: number;
  readonly created_at: number;
  readonly credential_lifetime_limit_days: number | null;
  readonly version: number;
};

export type CloudTable = { readonly name: string; readonly endpoint: string; readonly version: number };

export type ProjectTable = {
  readonly id: number;
  readonly account_id: number;
  readonly cloud: string;
  readonly name: string;
  readonly name_key: string;
  readonly time_zone: string;
  readonly state: State;
  readonly epoch: number;
  readonly created_at: number;
  readonly version: number;
};

type CredentialColumns = {
  readonly client_id: string;
  readonly account_id: number;
  /** Null at account level. */
  readonly project_id: number | null;
  readonly name: string;
  readonly name_key: string;
  readonly scopes: string;
  readonly allowed_ranges: string;
  readonly expires_at: number | null;
  readonly epoch: number;
  readonly created_at: number;
  readonly version: number;
};

/** A deleted credential keeps its row, so that its id is never given again. */
export type CredentialTable = CredentialColumns & { readonly state: State | "deleted" };

/** Credentials that are not deleted. */
export type LiveCredentialView = CredentialColumns & { readonly state: State };

type SecretColumns = {
  readonly id: string;
  readonly client_id: string;
  /** Counts the secrets of one credential from 1. */
  readonly ordinal: number;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly last_used_source: string | null;
  /** The end that a rotation replaced; null where it had none. */
  readonly former_expires_at: number | null;
};

/** A secret that was retired, replaced or deleted with its credential keeps its row without the digest. */
export type SecretTable = SecretColumns & {
  readonly digest: string | null;
  readonly pepper_id: string | null;
  /** When it was ended at once; null for one that gave way after its end. */
  readonly retired_at: number | null;
};

/** Secrets that still have a digest. Whether one has expired only the reader's clock can tell. */
export type LiveSecretView = SecretColumns & { readonly digest: string; readonly pepper_id: string };

export type SigningKeyTable = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly public_jwk: string;
  /** Null exactly when the key is gone. */
  readonly sealed_private_key: string | null;
  readonly created_at: number;
  readonly state_since: number;
};

export type PepperTable = {
  readonly id: string;
  /** The first is 1, so that there is one first. */
  readonly ordinal: number;
  readonly sealed: string;
  readonly created_at: number;
};

export type TokenRevocationTable = {
  readonly token_id: string;
  readonly client_id: string;
  readonly account_id: number;
  readonly until: number;
  readonly revoked_at: number;
};

export type UsageTable = {
  readonly client_id: string;
  readonly secret_id: string;
  /** The epoch second at which the hour begins. */
  readonly hour: number;
  readonly tokens: number;
};

/** The sums of `usage` by account, so that what all of them used is read at once. */
export type AccountUsageTable = { readonly account_id: number; readonly hour: number; readonly tokens: number };

export type RefusalCountTable = {
  /** Empty where there is no such credential. */
  readonly client_id: string;
  /** 0 where there is no such credential. */
  readonly account_id: number;
  readonly hour: number;
  readonly reason: string;
  readonly count: number;
};

/** The latest refusals of a credential, those of one hour, reason and source together. */
export type RecentRefusalTable = {
  readonly client_id: string;
  readonly hour: number;
  readonly reason: string;
  readonly source: string;
  /** When the last of them was. */
  readonly at: number;
  readonly count: number;
};

/** A node that runs, and until when all that it counted is stored. */
export type UsageNodeTable = { readonly node_id: string; readonly started_at: number; readonly flushed_at: number };

export type UsageGapTable = {
  readonly node_id: string;
  readonly from_at: number;
  readonly until_at: number;
  readonly cause: UsageGap["cause"];
};

/** A token that was issued in the audit mode `strict`. */
export type IssueEventTable = {
  readonly token_id: string;
  readonly at: number;
  readonly client_id: string;
  readonly secret_id: string;
  readonly account_id: number;
  readonly project_id: number;
  readonly scope: string;
  readonly source: string;
};

/** What a change with this key answered, stored with the change. */
export type IdempotencyRecordTable = {
  readonly actor: string;
  readonly key: string;
  readonly fingerprint: string;
  /** JSON; null where nothing was answered. */
  readonly answer: string | null;
  readonly created_at: number;
};

export type AuditEventTable = {
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly account_id: number | null;
  readonly request_id: string | null;
  readonly source: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
};

/** One row: the sequence and the hash of the last event. */
export type AuditHeadTable = { readonly id: number; readonly sequence: number; readonly hash: string };
