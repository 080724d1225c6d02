import type { Schema } from "../schema.ts";

type Table = Exclude<keyof Schema, "live_credential" | "live_secret">;

/** Every table, each after those that its rows refer to. */
export const tables = [
  "account",
  "cloud",
  "project",
  "credential",
  "secret",
  "signing_key",
  "pepper",
  "token_revocation",
  "usage",
  "account_usage",
  "refusal_count",
  "recent_refusal",
  "usage_node",
  "usage_gap",
  "issue_event",
  "idempotency_record",
  "administrator",
  "membership",
  "setup",
  "invitation",
  "session",
  "totp_enrolment",
  "passkey",
  "passkey_challenge",
  "recovery_code",
  "sso_attempt",
  "access_token",
  "audit_event",
  "audit_head",
] as const satisfies readonly Table[];

export type StoredTable = (typeof tables)[number];
