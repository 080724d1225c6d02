import type { Role } from "@biped/management-client";
import type { AdministratorState, PasskeyChallenge, Session } from "./administration.ts";

/**
 * The tables about administrators, as the queries see them. Each kind of thing that is used once has a table of its
 * own, so that none can be taken for another (C-16). Truth is 1 or 0, lists are JSON.
 */
export type AdministrationSchema = {
  readonly administrator: AdministratorTable;
  readonly membership: MembershipTable;
  readonly setup: SetupTable;
  readonly invitation: InvitationTable;
  readonly session: SessionTable;
  readonly totp_enrolment: TotpEnrolmentTable;
  readonly passkey: PasskeyTable;
  readonly passkey_challenge: PasskeyChallengeTable;
  readonly recovery_code: RecoveryCodeTable;
  readonly sso_attempt: SsoAttemptTable;
  readonly access_token: AccessTokenTable;
};

export type AdministratorTable = {
  readonly id: string;
  readonly email: string;
  /** The address in the form in which it is compared; see `formatEmailKey`. */
  readonly email_key: string;
  /** Empty for none. */
  readonly password_hash: string;
  readonly created_at: number;
  readonly name: string;
  readonly state: AdministratorState;
  readonly is_platform_owner: number;
  readonly sso_issuer: string | null;
  readonly sso_subject: string | null;
  readonly last_signed_in_at: number | null;
  readonly version: number;
};

export type MembershipTable = {
  readonly administrator_id: string;
  readonly account_id: number;
  readonly role: Role;
};

/** One row, which is also the lock of all that decides about platform owners. */
export type SetupTable = {
  readonly id: number;
  readonly digest: string | null;
  readonly expires_at: number | null;
  /** Null as long as there was no platform owner of our own. */
  readonly completed_at: number | null;
};

/** One a person at most; gone once it was accepted. */
export type InvitationTable = {
  readonly id: string;
  readonly administrator_id: string;
  readonly digest: string;
  readonly expires_at: number;
};

export type SessionTable = {
  readonly digest: string;
  readonly administrator_id: string;
  readonly state: Session["state"];
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly expires_at: number;
  readonly stepped_up_at: number | null;
  readonly failures: number;
  readonly source: string;
  readonly user_agent: string;
};

export type TotpEnrolmentTable = {
  readonly administrator_id: string;
  readonly sealed: string;
  readonly is_confirmed: number;
  readonly last_step: number | null;
};

export type PasskeyTable = {
  readonly id: string;
  readonly administrator_id: string;
  readonly name: string;
  readonly public_key: string;
  readonly counter: number;
  readonly transports: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
};

export type PasskeyChallengeTable = {
  readonly challenge: string;
  readonly purpose: PasskeyChallenge["purpose"];
  readonly administrator_id: string | null;
  readonly expires_at: number;
};

/** A code that was used is gone. */
export type RecoveryCodeTable = { readonly administrator_id: string; readonly digest: string };

export type SsoAttemptTable = {
  readonly state_digest: string;
  readonly nonce: string;
  readonly code_verifier: string;
  readonly expires_at: number;
};

export type AccessTokenTable = {
  readonly id: string;
  readonly administrator_id: string;
  readonly name: string;
  readonly digest: string;
  readonly scopes: string;
  /** Null for every account of its owner. */
  readonly account_id: number | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly last_used_at: number | null;
};
