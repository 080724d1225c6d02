/**
 * The storage port. Each method is one atomic fact; one that writes takes its audit entry, so that a change and its
 * record are one transaction. All times are epoch seconds. A dead store throws; a rule that does not hold is a value.
 */

import type { AuditEntry, AuditEvent, AuditLink } from "@biped/management-client/audit-chain";
import type { SigningAlgorithm } from "@biped/protocol";
import type { AdministrationStorage } from "./administration.ts";
import type { CopyStorage } from "./copies.ts";
import type { ViewStorage } from "./views.ts";

export type State = "enabled" | "disabled";

export type Account = {
  readonly id: number;
  readonly name: string;
  readonly state: State;
  readonly epoch: number;
  readonly createdAt: number;
  /** The longest life of a credential in days; undefined lets credentials live for ever. */
  readonly credentialLifetimeLimitDays: number | undefined;
  /** Raised by each change of the object; what a caller may say that a change is meant for. */
  readonly version: number;
};

export type NewCloud = { readonly name: string; readonly endpoint: string };
export type Cloud = NewCloud & { readonly version: number };

export type Project = {
  readonly id: number;
  readonly accountId: number;
  readonly cloud: string;
  /** Base URL of the cloud. */
  readonly endpoint: string;
  readonly name: string;
  readonly timeZone: string;
  readonly state: State;
  readonly epoch: number;
  readonly createdAt: number;
  readonly version: number;
};

export type Secret = {
  readonly id: string;
  /** Lower-case hexadecimal HMAC-SHA-256 of the secret under the pepper `pepperId`. */
  readonly digest: string;
  readonly pepperId: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
  /** IP address of its last use. */
  readonly lastUsedSource: string | undefined;
};

export type Credential = {
  readonly clientId: string;
  readonly accountId: number;
  /** Undefined at account level. */
  readonly projectId: number | undefined;
  readonly name: string;
  readonly scopes: readonly string[];
  /** CIDR ranges from which it may act; empty means from anywhere. */
  readonly allowedRanges: readonly string[];
  readonly expiresAt: number | undefined;
  readonly state: State;
  readonly epoch: number;
  readonly createdAt: number;
  readonly version: number;
};

/** All that decides whether a credential may act, as one statement reads it. */
export type Client = {
  readonly credential: Credential;
  /** At most two, oldest first; retired ones are not among them, expired ones are. */
  readonly secrets: readonly Secret[];
  readonly account: Account;
  /** Undefined at account level. */
  readonly project: Project | undefined;
};

export type SigningKeyState = "next" | "active" | "passive" | "gone";

export type SigningKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: SigningKeyState;
  /** The public key as a JWK without private members, in JSON. */
  readonly publicJwk: string;
  /** The private key in its envelope; undefined once the key is gone. */
  readonly sealedPrivateKey: string | undefined;
  readonly createdAt: number;
  /** When it entered its present state. */
  readonly stateSince: number;
};

export type Pepper = { readonly id: string; readonly sealed: string; readonly createdAt: number };

/** Whatever the key-encryption key wraps. */
export type Sealed =
  | { readonly kind: "signing-key"; readonly key: SigningKey }
  | { readonly kind: "pepper"; readonly pepper: Pepper }
  | { readonly kind: "totp"; readonly administratorId: string; readonly sealed: string };

/** A store that was restored lacks the changes of this time, in epoch seconds. */
export type Restore = { readonly lacksFrom: number; readonly lacksTo: number };

export type { AuditEntry, AuditEvent };

/** The last event that was stored; sequence 0 before the first. */
export type AuditHead = AuditLink;

/** What the caller knows of the change; the storage fills in what it alone knows (ids, before and after). */
export type Author = Pick<AuditEntry, "at" | "actor" | "requestId"> & {
  readonly source?: string | undefined;
  /**
   * of two changes with the same actor and key the second does nothing and answers what the first did.
   * @throws IdempotencyMismatch if the fingerprint is another one.
   */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
  /** The version of the object that the change is meant for; "version mismatch" if it has another one by now. */
  readonly ifVersion?: number | undefined;
};

/** The same Idempotency-Key came with another request. */
export class IdempotencyMismatch extends Error {
  override readonly name = "IdempotencyMismatch";
}

export type NewAccount = { readonly name: string; readonly credentialLifetimeLimitDays?: number | undefined };
export type NewProject = {
  /** Chosen by the caller, or undefined for the next free one. */
  readonly id: number | undefined;
  readonly accountId: number;
  readonly cloud: string;
  readonly name: string;
  readonly timeZone: string;
};
export type NewCredential = Omit<Credential, "state" | "epoch" | "createdAt" | "version">;
export type NewSecret = Pick<Secret, "id" | "digest" | "pepperId" | "expiresAt">;

export type SecretRotation = {
  readonly clientId: string;
  readonly secret: NewSecret;
  /** When the secret that was there before stops working. */
  readonly formerExpiresAt: number;
};

export type SigningKeyPromotion = {
  readonly kid: string;
  /** The same private key sealed for the state `active`. */
  readonly sealedPrivateKey: string;
  /** The key that is active now and becomes passive, undefined if there is none. */
  readonly former: { readonly kid: string; readonly sealedPrivateKey: string } | undefined;
};

export type TokenRevocation = {
  readonly tokenId: string;
  readonly clientId: string;
  readonly accountId: number;
  /** Expiry of the token; the revocation is of no use afterwards. */
  readonly until: number;
};

/** Whose tokens are taken back together. */
export type TokenOwner =
  | { readonly kind: "account" | "project"; readonly id: number }
  | { readonly kind: "credential"; readonly clientId: string };

/** Use of one secret since the last flush. */
export type SecretUse = {
  readonly clientId: string;
  readonly secretId: string;
  readonly lastUsedAt: number;
  readonly source: string;
  readonly tokens: number;
};

/** A process that counts use, and until when all that it counted is stored. */
export type UsageNode = { readonly nodeId: string; readonly startedAt: number; readonly flushedAt: number };

/** Between these times counts may be missing: a node ended without a word, or refusals came faster than it could tell them apart. */
export type UsageGap = {
  readonly nodeId: string;
  readonly from: number;
  readonly until: number;
  readonly cause: "node ended" | "too many refusals";
};

/** A token that was issued, in the audit mode `strict`. */
export type IssueEvent = {
  readonly tokenId: string;
  readonly at: number;
  readonly clientId: string;
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number;
  readonly scope: string;
  /** IP address of the caller. */
  readonly source: string;
};

export type AccountChange = {
  readonly name?: string;
  readonly credentialLifetimeLimitDays?: number | undefined;
};
export type ProjectChange = { readonly name?: string; readonly timeZone?: string; readonly state?: State };
export type CredentialChange = {
  readonly name?: string;
  readonly scopes?: readonly string[];
  /** Present and undefined: it ends no more. */
  readonly expiresAt?: number | undefined;
  readonly allowedRanges?: readonly string[];
  readonly state?: State;
};

/** A credential with the secret that the change made, which tells whether it was this call or one before it. */
export type CredentialWithSecret = { readonly credential: Credential; readonly secretId: string };

/** What another system is asked for. No transaction of this store can hold it. */
export type Asked = Pick<AuditEntry, "action" | "subject" | "accountId" | "after"> & {
  /** A new one each time: of two calls under one key, both are answered with that of the first. */
  readonly askingId: string;
};

export type Asking = {
  readonly askingId: string;
  /** Absent as long as nobody knows whether it was done. */
  readonly outcome?: { readonly answer: number | null };
};

export const credentialLimit = 10;
/** So many tokens of one account may be taken back one by one while they live: the feed has to hold them all. */
export const tokenRevocationLimit = 10_000;

export type Storage = CoreStorage & AdministrationStorage & ViewStorage & CopyStorage;

/**
 * Changes carry `author.ifVersion` where an object may have changed meanwhile. Members that are absent from a change
 * stay as they are; a change that changes nothing has no audit event.
 */
export type CoreStorage = {
  readonly createAccount: (account: NewAccount, author: Author) => Promise<Account>;
  readonly findAccount: (id: number) => Promise<Account | undefined>;
  readonly listAccounts: () => Promise<readonly Account[]>;
  /** Disabling raises the epoch. Undefined if there is no such account. */
  readonly setAccountState: (
    id: number,
    state: State,
    author: Author,
  ) => Promise<Account | undefined | "version mismatch">;
  readonly changeAccount: (
    id: number,
    change: AccountChange,
    author: Author,
  ) => Promise<Account | undefined | "version mismatch">;

  readonly createCloud: (cloud: NewCloud, author: Author) => Promise<Cloud | "name taken" | "endpoint taken">;
  readonly listClouds: () => Promise<readonly Cloud[]>;
  /** Raises the epoch of nothing: old tokens name the old endpoint and end by themselves. */
  readonly setCloudEndpoint: (
    cloud: NewCloud,
    author: Author,
  ) => Promise<Cloud | undefined | "endpoint taken" | "version mismatch">;

  readonly createProject: (
    project: NewProject,
    author: Author,
  ) => Promise<Project | "id taken" | "unknown account" | "unknown cloud">;
  readonly findProject: (id: number) => Promise<Project | undefined>;
  /** In the order of their ids. */
  readonly listProjects: (accountId: number) => Promise<readonly Project[]>;
  /** The ids of those that are disabled, themselves or with their account, in order. */
  readonly listDisabledProjects: () => Promise<readonly number[]>;
  /** Disabling raises the epoch. */
  readonly changeProject: (
    id: number,
    change: ProjectChange,
    author: Author,
  ) => Promise<Project | undefined | "version mismatch">;
  /** Raises the epoch: tokens for the former cloud are for the wrong one now. */
  readonly moveProject: (
    id: number,
    cloud: string,
    author: Author,
  ) => Promise<Project | undefined | "unknown cloud" | "version mismatch">;

  /** At most `credentialLimit` a project and, at account level, an account; deleted ones do not count. */
  readonly createCredential: (
    credential: NewCredential,
    secret: NewSecret,
    author: Author,
  ) => Promise<CredentialWithSecret | "limit reached" | "unknown account" | "unknown project">;
  /**
   * What the author's Idempotency-Key has created before, for who asks again when the rules would refuse it by now.
   * @throws IdempotencyMismatch as a change does.
   */
  readonly findCreatedCredential: (author: Author) => Promise<CredentialWithSecret | undefined>;
  /** One statement. Undefined for an unknown or deleted one. */
  readonly findClient: (clientId: string) => Promise<Client | undefined>;
  /** Disabling, a scope taken away, an earlier end and narrower ranges raise the epoch. */
  readonly changeCredential: (
    clientId: string,
    change: CredentialChange,
    author: Author,
  ) => Promise<Credential | undefined | "version mismatch">;
  /** Deletes its secrets' digests and raises the epoch. False if there is no such credential. */
  readonly deleteCredential: (clientId: string, author: Author) => Promise<boolean | "version mismatch">;
  /** Adds a second secret. An expired former one makes room; two live ones refuse a third. Answers the new one's id. */
  readonly rotateSecret: (
    rotation: SecretRotation,
    author: Author,
  ) => Promise<CredentialWithSecret | "two live secrets" | "unknown credential" | "version mismatch">;
  /**
   * Ends one secret at once and raises the epoch of nothing. "in use" if it was used at `unlessUsedSince` or later.
   * False if the credential has no such live secret.
   */
  readonly retireSecret: (
    secret: { readonly clientId: string; readonly secretId: string; readonly unlessUsedSince?: number | undefined },
    author: Author,
  ) => Promise<boolean | "in use" | "version mismatch">;
  /** Ends the newest secret and gives the former one back the end it had before the rotation. */
  readonly cancelRotation: (
    secret: { readonly clientId: string; readonly secretId: string },
    author: Author,
  ) => Promise<boolean | "no rotation" | "version mismatch">;

  /** All keys that are not gone, oldest first; of one second, the one that is further in its life. */
  readonly listSigningKeys: () => Promise<readonly SigningKey[]>;
  /** False if another node has added a key in that state meanwhile: at most one is next, at most one active. */
  readonly addSigningKey: (key: SigningKey, author: Author) => Promise<boolean>;
  /** next -> active, and active -> passive, in one transaction. False if either was no longer so. */
  readonly promoteSigningKey: (promotion: SigningKeyPromotion, author: Author) => Promise<boolean>;
  /** passive -> gone; the private key is deleted. False if it was no longer passive. */
  readonly removeSigningKey: (kid: string, author: Author) => Promise<boolean>;
  /**
   * in one transaction `replacement` becomes active and the named key is gone, whatever state it was in. Where
   * the named key is not the active one, `replacement` is undefined and nothing else changes. False if it was gone, or
   * if the active key is not `formerActiveKid`.
   */
  readonly compromiseSigningKey: (
    compromise: {
      readonly kid: string;
      readonly replacement: SigningKey | undefined;
      readonly formerActiveKid: string;
    },
    author: Author,
  ) => Promise<boolean>;

  readonly listPeppers: () => Promise<readonly Pepper[]>;
  /** Adds the first pepper. False if there is one already. */
  readonly addFirstPepper: (pepper: Pepper, author: Author) => Promise<boolean>;

  /**
   * Replaces each envelope by what `rewrap` makes of it; undefined leaves it as it is. All of them or none, also where
   * `rewrap` throws. Answers how many were replaced.
   */
  readonly rewrapEnvelopes: (
    kek: { readonly id: string; readonly rewrap: (sealed: Sealed) => string | undefined },
    author: Author,
  ) => Promise<number>;

  /** A store that was restored serves nobody before it is confirmed. */
  readonly findUnconfirmedRestore: () => Promise<Restore | undefined>;
  /** Answers what was confirmed, undefined if there was nothing to confirm. */
  readonly confirmRestore: (author: Author) => Promise<Restore | undefined>;

  /** Revoking twice is one revocation and one audit event. At most `tokenRevocationLimit` an account. */
  readonly revokeToken: (revocation: TokenRevocation, author: Author) => Promise<undefined | "limit reached">;
  readonly isTokenRevoked: (tokenId: string) => Promise<boolean>;
  /** Raises the epoch, so that no token from before is good; new ones are. Undefined if there is no such owner. */
  readonly revokeTokensOf: (
    owner: TokenOwner,
    author: Author,
  ) => Promise<{ readonly epoch: number; readonly version: number } | undefined | "version mismatch">;
  /** Tokens of every account that were issued before this epoch second are void. Answers it. */
  readonly revokeTokensBefore: (before: number, author: Author) => Promise<number>;
  /** The latest epoch second that was given so by a change at `since` or later; 0 if there is none. */
  readonly findNotBefore: (since: number) => Promise<number>;

  /** The event that it was asked for, before it is; asked again under the author's key, no further event. */
  readonly recordAsking: (asked: Asked, author: Author) => Promise<Asking>;
  /** What the author's key answers from now on; undefined where nothing was done, which leaves no key behind. */
  readonly endAsking: (asking: Asking | undefined, author: Author) => Promise<void>;

  /** Counts of use; no audit entry, as nothing is decided by them. */
  readonly recordUse: (uses: readonly SecretUse[]) => Promise<void>;
  /** Of a node that starts. Marks a gap for each that ended without a word: on SQLite it replaces every other one. */
  readonly beginUsageNode: (node: UsageNode) => Promise<void>;
  /**
   * All that the node counted until `flushedAt` is stored. Marks a gap, once, for each node that has been silent for a
   * minute; one that was silent and lives takes its own mark back, since it still has its counts.
   */
  readonly touchUsageNode: (node: UsageNode) => Promise<void>;
  /** Of a node that has stored all that it counted. */
  readonly endUsageNode: (nodeId: string) => Promise<void>;
  readonly recordUsageGap: (gap: UsageGap) => Promise<void>;
  /** The latest hundred that end at `since` or later, oldest first. */
  readonly listUsageGaps: (since: number) => Promise<readonly UsageGap[]>;

  /** All of them or none; kept for 30 days. */
  readonly recordIssues: (events: readonly IssueEvent[]) => Promise<void>;

  readonly listAuditEvents: (afterSequence: number, limit: number) => Promise<readonly AuditEvent[]>;
  /** Without it nobody could tell that the last events are missing. Read it before the events it is to bound. */
  readonly findAuditHead: () => Promise<AuditHead>;

  /**
   * Tells at once that there may be further audit events, and that this way of telling was lost; on SQLite and behind
   * a pooler never, so that they must be looked for as well. Answers what ends it.
   */
  readonly listenForChanges: (onChange: () => void, onLost: () => void) => Promise<() => Promise<void>>;
  /** The store's own clock, in epoch milliseconds: one for all nodes. */
  readonly readClock: () => Promise<number>;

  /** Rejects within a second while the store is away. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};
