/** The part of the storage port that is about administrators: who they are, how they prove it, what they may. */

import type { Role } from "@biped/management-client";
import type { Author } from "./storage.ts";

export type AdministratorState = "enabled" | "disabled" | "invited";

export type Membership = { readonly accountId: number; readonly role: Role };

export type Administrator = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly state: AdministratorState;
  readonly isPlatformOwner: boolean;
  /** PHC string of argon2id; undefined for one who was only invited or signs in by SSO. */
  readonly passwordHash: string | undefined;
  readonly hasTotp: boolean;
  readonly passkeyCount: number;
  /** Exact issuer and subject at the OpenID provider. */
  readonly sso: { readonly issuer: string; readonly subject: string } | undefined;
  readonly createdAt: number;
  readonly lastSignedInAt: number | undefined;
  /** By account id. */
  readonly memberships: readonly Membership[];
  readonly version: number;
};

export type NewAdministrator = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | undefined;
  readonly isPlatformOwner: boolean;
};

/** The digest is lower-case hexadecimal SHA-256 of a token of 256 random bits (the token itself is kept nowhere). */
export type NewInvitation = { readonly id: string; readonly digest: string; readonly expiresAt: number };

/** Ends at the earlier of the two: `expiresAt`, or idle for longer than the server allows. */
export type Session = {
  /** Lower-case hexadecimal SHA-256 of what the cookie holds. */
  readonly digest: string;
  readonly administratorId: string;
  /** `pending` is a sign-in that lacks its second factor; it opens nothing else. */
  readonly state: "pending" | "complete";
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  /** The last proof of identity, for step-up; undefined if there was none. */
  readonly steppedUpAt: number | undefined;
  /** Failed second factors of a pending one (R-32: five, then it ends). */
  readonly failures: number;
  readonly source: string;
  readonly userAgent: string;
};

export type TotpEnrolment = {
  /** The shared secret in its envelope. */
  readonly sealed: string;
  readonly isConfirmed: boolean;
  /** The last time step that signed in: each is good once. */
  readonly lastStep: number | undefined;
};

export type Passkey = {
  /** Credential id, base64url. */
  readonly id: string;
  readonly administratorId: string;
  readonly name: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
};

/** One challenge is used once, for its purpose alone (C-16). */
export type PasskeyChallenge = {
  readonly challenge: string;
  readonly purpose: "sign-in" | "enrol";
  /** Undefined where somebody signs in with a passkey alone. */
  readonly administratorId: string | undefined;
  readonly expiresAt: number;
};

export type SsoAttempt = {
  /** Lower-case hexadecimal SHA-256 of the `state` parameter. */
  readonly stateDigest: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly expiresAt: number;
};

export type AccessToken = {
  readonly id: string;
  readonly administratorId: string;
  readonly name: string;
  readonly digest: string;
  readonly scopes: readonly string[];
  /** Undefined for every account of its owner. */
  readonly accountId: number | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | undefined;
};

export type NewAccessToken = Omit<AccessToken, "createdAt" | "lastUsedAt">;

/**
 * Somebody who changes their own ways in, by the session of this digest. A factor that comes or goes ends their other
 * sessions. What is asked by a session that has been ended meanwhile is not done: otherwise whoever is thrown out
 * could leave themselves a way back in at the same moment.
 */
export type FactorAuthor = Author & { readonly keptSession?: string | undefined };

export type AdministrationStorage = {
  /**
   * Adds it if there is none of this e-mail address (in any spelling by case or width); false if there is. One without
   * a password has no way to sign in and so is `invited`.
   */
  readonly createAdministrator: (administrator: NewAdministrator, author: Author) => Promise<boolean>;
  readonly findAdministrator: (id: string) => Promise<Administrator | undefined>;
  readonly findAdministratorByEmail: (email: string) => Promise<Administrator | undefined>;
  /**
   * The administrator of this person at the OpenID provider, created where there is none, with exactly the roles that
   * the provider told. A person is who issuer and subject say, never who the e-mail address says: "email taken"
   * where an administrator of another origin has it; one who is known keeps the former address then. Changed roles end
   * the sessions. The provider's word holds even for the last platform owner, and a disabled one stays disabled.
   */
  readonly applySso: (
    person: {
      /** For one who is new. */
      readonly id: string;
      readonly issuer: string;
      readonly subject: string;
      readonly email: string;
      readonly name: string;
      readonly isPlatformOwner: boolean;
      /** Accounts that do not exist are left out. */
      readonly memberships: readonly Membership[];
    },
    author: Author,
  ) => Promise<Administrator | "email taken">;

  /**
   * Takes every role from the person whom the provider lets in no more, and ends their sessions and access tokens. They
   * stay the same administrator for the day on which they have a role again. False if there is no such person.
   */
  readonly endSso: (person: { readonly issuer: string; readonly subject: string }, author: Author) => Promise<boolean>;

  /** the one-time token of the first run. Replaces a former one; false once setup is complete. */
  readonly openSetup: (setup: { readonly digest: string; readonly expiresAt: number }) => Promise<boolean>;
  /** Whether there was never a platform owner of our own: one by SSO may come first, and must not close the way in. */
  readonly isSetupOpen: () => Promise<boolean>;
  /** Consumes the token and creates the first administrator, a platform owner, in one transaction. */
  readonly completeSetup: (
    setup: { readonly digest: string; readonly administrator: NewAdministrator },
    author: Author,
  ) => Promise<boolean>;

  /** An invited administrator with their invitation, and perhaps a membership. "known" if the address is taken. */
  readonly inviteAdministrator: (
    invited: {
      readonly administrator: NewAdministrator;
      readonly invitation: NewInvitation;
      readonly membership: Membership | undefined;
    },
    author: Author,
  ) => Promise<{ readonly administratorId: string; readonly invitationId: string } | "known">;
  /**
   * Ends the former invitation, password, factors, sessions and access tokens; the state becomes `invited`. Answers the
   * invitation's id.
   */
  readonly reinviteAdministrator: (
    id: string,
    invitation: NewInvitation,
    author: Author,
  ) => Promise<string | "unknown administrator" | "last platform owner" | "version mismatch">;
  /** Consumes the invitation: name and password are set, the state becomes `enabled`. Undefined if it is not valid. */
  readonly acceptInvitation: (
    acceptance: { readonly digest: string; readonly name: string; readonly passwordHash: string },
    author: Pick<Author, "at" | "requestId" | "source">,
  ) => Promise<string | undefined>;

  /**
   * A change ends the sessions; disabling or a smaller role the access tokens too, and disabling the invitation. One who
   * has no way to sign in is not enabled but `invited`, and stays so until the invitation is accepted.
   */
  readonly changeAdministrator: (
    id: string,
    change: { readonly isPlatformOwner?: boolean; readonly state?: "enabled" | "disabled" },
    author: Author,
  ) => Promise<Administrator | "unknown administrator" | "last platform owner" | "version mismatch">;
  /**
   * Adds or changes a membership; undefined if there is no such administrator or account. A change ends the sessions,
   * and a smaller role the access tokens that are narrowed to the account (the others may what their owner may).
   */
  readonly setMembership: (
    id: string,
    membership: Membership,
    author: Author,
  ) => Promise<Administrator | undefined | "version mismatch">;
  /** The same for one who is a member, and undefined for others: who is removed meanwhile does not come back. */
  readonly changeMembership: AdministrationStorage["setMembership"];
  /** Ends what a smaller role ends. False if there is no such membership. */
  readonly removeMembership: (id: string, accountId: number, author: Author) => Promise<boolean | "version mismatch">;

  /** Ends every session but the one that is kept. False if that one has been ended, or there is no such person. */
  readonly setPassword: (id: string, passwordHash: string, author: FactorAuthor) => Promise<boolean>;

  /**
   * Puts a stronger hash of the same password in the place of the former, unless that has been replaced meanwhile:
   * then false. It changes nothing about the person, and so has no audit event and ends no session.
   */
  readonly rehashPassword: (id: string, hashes: { readonly former: string; readonly next: string }) => Promise<boolean>;

  /**
   * A new session; a complete one is an audit event (`administrator.signed-in`) and sets `lastSignedInAt`.
   * @param proof The hash of the password that was right: false if the administrator has another one by now, or is not
   * enabled any more. A sign-in that takes long must not outlive what ended the sessions while it did.
   */
  readonly createSession: (
    session: Session,
    author: Author,
    proof?: { readonly passwordHash: string | undefined },
  ) => Promise<boolean>;
  /** Makes a pending one complete under a new digest. False if it is no longer pending. Audited like a new one. */
  readonly completeSession: (
    digest: string,
    next: { readonly digest: string; readonly expiresAt: number },
    author: Author,
  ) => Promise<boolean>;
  /** Step-up: a new digest in place of the old. False if the session has ended. */
  readonly renewSession: (
    digest: string,
    next: { readonly digest: string; readonly steppedUpAt: number },
  ) => Promise<boolean>;
  /** One statement: the session with its administrator, whatever their states. */
  readonly findSession: (
    digest: string,
  ) => Promise<{ readonly session: Session; readonly administrator: Administrator } | undefined>;
  readonly touchSession: (digest: string, lastSeenAt: number) => Promise<void>;
  /** Counts a failed second factor of a pending session; answers how many there are now. */
  readonly countSessionFailure: (digest: string) => Promise<number>;
  readonly listSessions: (administratorId: string) => Promise<readonly Session[]>;
  /** False if the administrator has no such session. */
  readonly endSession: (administratorId: string, digest: string) => Promise<boolean>;

  /** Replaces an enrolment that was not confirmed; false if there is a confirmed one. */
  readonly beginTotp: (administratorId: string, sealed: string) => Promise<boolean>;
  readonly findTotp: (administratorId: string) => Promise<TotpEnrolment | undefined>;
  /** Uses a time step of a confirmed enrolment: false if it, or a later one, was used before. */
  readonly useTotpStep: (administratorId: string, step: number) => Promise<boolean>;
  readonly confirmTotp: (administratorId: string, step: number, author: FactorAuthor) => Promise<boolean>;
  /** Also one that was not confirmed, though without an audit event. */
  readonly removeTotp: (administratorId: string, author: FactorAuthor) => Promise<boolean>;

  readonly listPasskeys: (administratorId: string) => Promise<readonly Passkey[]>;
  readonly findPasskey: (id: string) => Promise<Passkey | undefined>;
  /** False if the id is taken, or the session has been ended. */
  readonly addPasskey: (passkey: Passkey, author: FactorAuthor) => Promise<boolean>;
  readonly recordPasskeyUse: (id: string, use: { readonly counter: number; readonly at: number }) => Promise<void>;
  readonly removePasskey: (administratorId: string, id: string, author: FactorAuthor) => Promise<boolean>;
  readonly addPasskeyChallenge: (challenge: PasskeyChallenge) => Promise<void>;
  /** Takes it away: it can be used once. Undefined if it is unknown, of another purpose, or over at `at`. */
  readonly takePasskeyChallenge: (
    challenge: string,
    purpose: PasskeyChallenge["purpose"],
    at: number,
  ) => Promise<PasskeyChallenge | undefined>;

  /** Replaces all codes of the administrator. */
  readonly setRecoveryCodes: (administratorId: string, digests: readonly string[], author: Author) => Promise<void>;
  readonly countRecoveryCodes: (administratorId: string) => Promise<number>;
  /** False if there is no such unused code. */
  readonly useRecoveryCode: (administratorId: string, digest: string, author: Author) => Promise<boolean>;

  readonly addSsoAttempt: (attempt: SsoAttempt) => Promise<void>;
  /** Takes it away. */
  readonly takeSsoAttempt: (stateDigest: string, at: number) => Promise<SsoAttempt | undefined>;

  /** Answers the id: on a replayed Idempotency-Key that of the first call. Undefined if the session has been ended. */
  readonly createAccessToken: (token: NewAccessToken, author: FactorAuthor) => Promise<string | undefined>;
  readonly listAccessTokens: (administratorId: string) => Promise<readonly AccessToken[]>;
  /** One statement: the token with its administrator, whatever their states. */
  readonly findAccessToken: (
    digest: string,
  ) => Promise<{ readonly token: AccessToken; readonly administrator: Administrator } | undefined>;
  readonly touchAccessToken: (id: string, lastUsedAt: number) => Promise<void>;
  readonly deleteAccessToken: (administratorId: string, id: string, author: Author) => Promise<boolean>;

  /** Deletes what is over: sessions, challenges, attempts, invitations, revocations, idempotency records after a day. */
  readonly sweepEphemera: (at: number) => Promise<void>;
};
