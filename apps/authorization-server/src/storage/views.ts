/**
 * The part of the storage port that the management API reads lists and details with. Each query carries the caller's
 * reach, so that what is out of it is not there.
 */

import type { Administrator } from "./administration.ts";
import type { Account, AuditEvent, Cloud, Credential, Project, Secret, State } from "./storage.ts";

/** The accounts whose objects a caller may see. */
export type Reach = "every account" | { readonly accountIds: readonly number[] };

/** The place after which a page begins: the sort value and the id of the last item before. */
export type Position = { readonly value: string | number; readonly id: string | number };

export type PageRequest<Column extends string = never> = {
  readonly limit: number;
  readonly after: Position | undefined;
  readonly sort: { readonly column: Column; readonly descending: boolean };
};

/** `next` is undefined on the last page. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: Position | undefined };

export type AccountView = Account & { readonly projectCount: number; readonly credentialCount: number };
export type ProjectView = Project & {
  readonly accountName: string;
  readonly accountState: State;
  readonly credentialCount: number;
};
export type SecretView = Omit<Secret, "digest" | "pepperId">;
export type CredentialView = Credential & {
  readonly accountName: string;
  readonly accountState: State;
  readonly projectName: string | undefined;
  readonly projectState: State | undefined;
  /** Newest first. */
  readonly secrets: readonly SecretView[];
};
export type CloudView = Cloud & { readonly projectCount: number };

export type AccountFilter = { readonly search?: string; readonly state?: State };
export type ProjectFilter = {
  readonly search?: string;
  readonly accountId?: number;
  readonly cloud?: string;
  readonly state?: State;
};
export type CredentialFilter = {
  readonly search?: string;
  readonly accountId?: number;
  readonly projectId?: number;
  readonly level?: "account" | "project";
  readonly state?: State;
};
export type AuditFilter = {
  readonly accountId?: number;
  readonly actor?: string;
  /** A whole action, or its noun. */
  readonly action?: string;
  readonly subject?: string;
  /** Epoch seconds; `from` counts, `to` does not. */
  readonly from?: number;
  readonly to?: number;
};

/** A refusal of the token endpoint and its kin, counted. `clientId` is undefined where there is no such credential. */
export type RefusalCount = {
  readonly clientId: string | undefined;
  readonly at: number;
  /** As in the log; from a closed list. */
  readonly reason: string;
  readonly source: string;
  readonly count: number;
};

export type UsageCount = { readonly at: number; readonly tokens: number; readonly refusals: number };

export type Expiring = {
  readonly clientId: string;
  readonly credentialName: string;
  readonly accountId: number;
  /** Undefined where the credential itself ends. */
  readonly secretId: string | undefined;
  readonly expiresAt: number;
  readonly lastUsedAt: number | undefined;
};

export type SearchHit = {
  readonly kind: "account" | "project" | "credential";
  readonly id: string;
  readonly name: string;
  readonly accountId: number;
  readonly accountName: string;
};

export type ViewStorage = {
  readonly pageAccounts: (
    reach: Reach,
    filter: AccountFilter,
    page: PageRequest<"id" | "name">,
  ) => Promise<Page<AccountView>>;
  readonly viewAccount: (reach: Reach, id: number) => Promise<AccountView | undefined>;
  /** Names by account id; accounts that are not there are left out. */
  readonly findAccountNames: (ids: readonly number[]) => Promise<ReadonlyMap<number, string>>;
  readonly pageProjects: (
    reach: Reach,
    filter: ProjectFilter,
    page: PageRequest<"id" | "name">,
  ) => Promise<Page<ProjectView>>;
  readonly viewProject: (reach: Reach, id: number) => Promise<ProjectView | undefined>;
  readonly pageCredentials: (
    reach: Reach,
    filter: CredentialFilter,
    page: PageRequest<"name" | "createdAt">,
  ) => Promise<Page<CredentialView>>;
  readonly viewCredential: (reach: Reach, clientId: string) => Promise<CredentialView | undefined>;
  readonly viewClouds: (reach: Reach) => Promise<readonly CloudView[]>;
  /** In the order of their e-mail addresses. Memberships are cut to the reach. */
  readonly pageAdministrators: (
    reach: Reach,
    filter: { readonly search?: string; readonly accountId?: number },
    page: PageRequest<"email">,
  ) => Promise<Page<Administrator>>;
  /** Ten of each kind at most: names that hold the text, and whole ids. */
  readonly search: (reach: Reach, text: string) => Promise<readonly SearchHit[]>;
  readonly countObjects: (
    reach: Reach,
  ) => Promise<{ readonly accounts: number; readonly projects: number; readonly credentials: number }>;

  /** Newest first; `before` is a sequence. Without a platform owner's reach, events of no account are left out. */
  readonly pageAuditEvents: (
    reach: Reach,
    filter: AuditFilter,
    page: { readonly limit: number; readonly before: number | undefined },
  ) => Promise<readonly AuditEvent[]>;

  /** E-mail addresses by administrator id; those who are not there are left out. */
  readonly findEmails: (administratorIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** The events by which access tokens were made, of those too that have ended since. */
  readonly listTokenCreations: (accessTokenIds: readonly string[]) => Promise<readonly AuditEvent[]>;

  /** Adds to the counts by hour and reason, and to the latest refusals of each credential (50 kept of each). */
  readonly recordRefusals: (refusals: readonly RefusalCount[]) => Promise<void>;
  /** The latest refusals of a credential, newest first. */
  readonly listRefusals: (clientId: string) => Promise<readonly RefusalCount[]>;
  /** By reason, most frequent first; refusals of no credential are in the reach of platform owners alone. */
  readonly countRefusals: (
    reach: Reach,
    since: number,
  ) => Promise<readonly { readonly reason: string; readonly count: number }[]>;
  /** One item for each hour or day that has any, oldest first. */
  readonly readUsage: (
    of: { readonly clientId: string } | Reach,
    period: { readonly since: number; readonly bucketSeconds: 3600 | 86_400 },
  ) => Promise<readonly UsageCount[]>;
  /** Credentials and secrets that end after `from` and before `until`, soonest first. */
  readonly listExpiring: (
    reach: Reach,
    period: { readonly from: number; readonly until: number; readonly limit: number },
  ) => Promise<readonly Expiring[]>;
};
