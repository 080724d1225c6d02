/**
 * The storage port. Each method is one atomic fact; one that writes takes its audit entry, so that a change and its
 * record are one transaction. All times are epoch seconds. A dead store throws; a rule that does not hold is a value.
 */

import type { SigningAlgorithm } from "@biped/protocol";

export type State = "enabled" | "disabled";

export type Account = { readonly id: number; readonly name: string; readonly state: State; readonly epoch: number };

export type Cloud = { readonly name: string; readonly endpoint: string };

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
};

export type Secret = {
  readonly id: string;
  /** Lower-case hexadecimal HMAC-SHA-256 of the secret under the pepper `pepperId`. */
  readonly digest: string;
  readonly pepperId: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
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

/** Who did what, without secrets. The storage adds the sequence and the chain hash. */
export type AuditEntry = {
  readonly at: number;
  /** `operator`, `system`, `administrator:…` or `credential:…`. */
  readonly actor: string;
  /** A noun and a past participle: `credential.created`. */
  readonly action: string;
  /** The noun and the id of what changed: `credential:c3133d76-…`. */
  readonly subject: string;
  readonly accountId: number | undefined;
  readonly requestId: string | undefined;
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly after: Readonly<Record<string, unknown>> | undefined;
};

export type AuditEvent = AuditEntry & { readonly sequence: number; readonly hash: string };

/** The last event that was stored; sequence 0 before the first. */
export type AuditHead = Pick<AuditEvent, "sequence" | "hash">;

/** What the caller knows of the change; the storage fills in what it alone knows (ids, before and after). */
export type Author = Pick<AuditEntry, "at" | "actor" | "requestId">;

export type NewAccount = { readonly name: string };
export type NewProject = {
  /** Chosen by the caller, or undefined for the next free one. */
  readonly id: number | undefined;
  readonly accountId: number;
  readonly cloud: string;
  readonly name: string;
  readonly timeZone: string;
};
export type NewCredential = Omit<Credential, "state" | "epoch">;
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

export type NewAdministrator = { readonly id: string; readonly email: string; readonly passwordHash: string };

/** Use of one secret since the last flush. */
export type SecretUse = {
  readonly clientId: string;
  readonly secretId: string;
  readonly lastUsedAt: number;
  readonly tokens: number;
};

export const credentialLimit = 10;

export type Storage = {
  readonly createAccount: (account: NewAccount, author: Author) => Promise<Account>;
  readonly findAccount: (id: number) => Promise<Account | undefined>;
  readonly listAccounts: () => Promise<readonly Account[]>;
  /** Disabling raises the epoch. Undefined if there is no such account. */
  readonly setAccountState: (id: number, state: State, author: Author) => Promise<Account | undefined>;

  readonly createCloud: (cloud: Cloud, author: Author) => Promise<Cloud | "name taken" | "endpoint taken">;
  readonly listClouds: () => Promise<readonly Cloud[]>;
  /** Raises the epoch of nothing: old tokens name the old endpoint and end by themselves. */
  readonly setCloudEndpoint: (cloud: Cloud, author: Author) => Promise<Cloud | undefined | "endpoint taken">;

  readonly createProject: (
    project: NewProject,
    author: Author,
  ) => Promise<Project | "id taken" | "unknown account" | "unknown cloud">;
  readonly findProject: (id: number) => Promise<Project | undefined>;
  /** In the order of their ids. */
  readonly listProjects: (accountId: number) => Promise<readonly Project[]>;
  readonly setProjectState: (id: number, state: State, author: Author) => Promise<Project | undefined>;

  /** At most `credentialLimit` a project and, at account level, an account; deleted ones do not count. */
  readonly createCredential: (
    credential: NewCredential,
    secret: NewSecret,
    author: Author,
  ) => Promise<Credential | "limit reached" | "unknown account" | "unknown project">;
  /** One statement. Undefined for an unknown or deleted one. */
  readonly findClient: (clientId: string) => Promise<Client | undefined>;
  readonly setCredentialState: (clientId: string, state: State, author: Author) => Promise<Credential | undefined>;
  /** A scope taken away raises the epoch. */
  readonly setCredentialScopes: (
    clientId: string,
    scopes: readonly string[],
    author: Author,
  ) => Promise<Credential | undefined>;
  /** Deletes its secrets' digests and raises the epoch. False if there is no such credential. */
  readonly deleteCredential: (clientId: string, author: Author) => Promise<boolean>;
  /** Adds a second secret. An expired former one makes room; two live ones refuse a third. */
  readonly rotateSecret: (
    rotation: SecretRotation,
    author: Author,
  ) => Promise<Secret | "two live secrets" | "unknown credential">;
  /** Ends one secret at once. False if the credential has no such live secret. */
  readonly retireSecret: (clientId: string, secretId: string, author: Author) => Promise<boolean>;

  /** All keys that are not gone, oldest first; of one second, the one that is further in its life. */
  readonly listSigningKeys: () => Promise<readonly SigningKey[]>;
  /** False if another node has added a key in that state meanwhile: at most one is next, at most one active. */
  readonly addSigningKey: (key: SigningKey, author: Author) => Promise<boolean>;
  /** next -> active, and active -> passive, in one transaction. False if either was no longer so. */
  readonly promoteSigningKey: (promotion: SigningKeyPromotion, author: Author) => Promise<boolean>;
  /** passive -> gone; the private key is deleted. False if it was no longer passive. */
  readonly removeSigningKey: (kid: string, author: Author) => Promise<boolean>;

  readonly listPeppers: () => Promise<readonly Pepper[]>;
  /** Adds the first pepper. False if there is one already. */
  readonly addFirstPepper: (pepper: Pepper, author: Author) => Promise<boolean>;

  /** Revoking twice is one revocation and one audit event. */
  readonly revokeToken: (revocation: TokenRevocation, author: Author) => Promise<void>;
  readonly isTokenRevoked: (tokenId: string) => Promise<boolean>;

  readonly createAdministrator: (administrator: NewAdministrator, author: Author) => Promise<boolean>;

  /** Counts of use; no audit entry, as nothing is decided by them. */
  readonly recordUse: (uses: readonly SecretUse[]) => Promise<void>;

  readonly listAuditEvents: (afterSequence: number, limit: number) => Promise<readonly AuditEvent[]>;
  /** Without it nobody could tell that the last events are missing. Read it before the events it is to bound. */
  readonly findAuditHead: () => Promise<AuditHead>;

  /** Rejects within a second while the store is away. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};
