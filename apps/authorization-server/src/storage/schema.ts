import type { SigningAlgorithm } from "@biped/protocol";
import type { SigningKeyState, State } from "./storage.ts";

/**
 * The tables as the queries see them, the same on both engines. Times are epoch seconds, lists are JSON.
 * Credentials and secrets are read through `live_credential` and `live_secret` only; the tables are for writing.
 */
export type Schema = {
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
  readonly administrator: AdministratorTable;
  readonly usage: UsageTable;
  readonly audit_event: AuditEventTable;
  readonly audit_head: AuditHeadTable;
};

export type AccountTable = {
  readonly id: number;
  readonly name: string;
  readonly state: State;
  readonly epoch: number;
};

export type CloudTable = { readonly name: string; readonly endpoint: string };

export type ProjectTable = {
  readonly id: number;
  readonly account_id: number;
  readonly cloud: string;
  readonly name: string;
  readonly time_zone: string;
  readonly state: State;
  readonly epoch: number;
};

type CredentialColumns = {
  readonly client_id: string;
  readonly account_id: number;
  /** Null at account level. */
  readonly project_id: number | null;
  readonly name: string;
  readonly scopes: string;
  readonly allowed_ranges: string;
  readonly expires_at: number | null;
  readonly epoch: number;
};

/** A deleted credential keeps its row, so that its id is never given again. */
export type CredentialTable = CredentialColumns & {
  readonly state: State | "deleted";
  readonly created_at: number;
};

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

export type AdministratorTable = {
  readonly id: string;
  readonly email: string;
  /** The address in lower case: people do not tell one spelling from the other. */
  readonly email_key: string;
  readonly password_hash: string;
  readonly created_at: number;
};

export type UsageTable = {
  readonly client_id: string;
  readonly secret_id: string;
  /** The epoch second at which the hour begins. */
  readonly hour: number;
  readonly tokens: number;
};

export type AuditEventTable = {
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly account_id: number | null;
  readonly request_id: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
};

/** One row: the sequence and the hash of the last event. */
export type AuditHeadTable = { readonly id: number; readonly sequence: number; readonly hash: string };
