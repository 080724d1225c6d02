import type { Account, Cloud, Credential, Project, Scope } from "@biped/management-client";
import type { DeclaredAccount, DeclaredCloud, DeclaredCredential, DeclaredProject, State } from "./declaration.ts";

/** What there is, as far as the file speaks of it. */
export type Present = {
  readonly clouds: readonly Pick<Cloud, "name" | "endpoint" | "version">[];
  readonly accounts: readonly Pick<Account, "id" | "name" | "state" | "credentialLifetimeLimitDays" | "version">[];
  /** Of the accounts that the file names. */
  readonly projects: readonly Pick<Project, "id" | "accountId" | "name" | "cloud" | "timeZone" | "state" | "version">[];
  readonly credentials: readonly Pick<
    Credential,
    "clientId" | "accountId" | "projectId" | "name" | "scopes" | "allowedRanges" | "expiresAt" | "state" | "version"
  >[];
  readonly scopes: readonly Pick<Scope, "name">[];
};

/** Which account or project: one that there is, or the one that a step before this one creates. */
export type Reference = { readonly id: number } | { readonly created: string };

/** As people see it. */
export type Difference = { readonly member: string; readonly before: string; readonly after: string };

/** Without what lies below it, which has steps of its own. */
export type OwnMembers<Declared extends object> = Omit<Declared, "projects" | "credentials">;

export type CloudStep =
  | { readonly kind: "create"; readonly noun: "cloud"; readonly title: string; readonly declared: DeclaredCloud }
  | {
      readonly kind: "change";
      readonly noun: "cloud";
      readonly title: string;
      readonly declared: DeclaredCloud;
      readonly version: number;
      readonly differences: readonly Difference[];
    };

export type AccountStep =
  | {
      readonly kind: "create";
      readonly noun: "account";
      readonly title: string;
      readonly declared: OwnMembers<DeclaredAccount>;
    }
  | {
      readonly kind: "change";
      readonly noun: "account";
      readonly title: string;
      readonly id: number;
      readonly version: number;
      readonly body: { readonly name?: string; readonly credentialLifetimeLimitDays?: number | null };
      readonly state: State | undefined;
      readonly differences: readonly Difference[];
    };

export type ProjectStep =
  | {
      readonly kind: "create";
      readonly noun: "project";
      readonly title: string;
      readonly account: Reference;
      readonly declared: OwnMembers<DeclaredProject>;
    }
  | {
      readonly kind: "change";
      readonly noun: "project";
      readonly title: string;
      readonly id: number;
      readonly version: number;
      readonly body: { readonly name?: string; readonly timeZone?: string; readonly state?: State };
      readonly cloud: string | undefined;
      readonly differences: readonly Difference[];
    };

export type CredentialStep =
  | {
      readonly kind: "create";
      readonly noun: "credential";
      readonly title: string;
      readonly account: Reference;
      readonly project: Reference | undefined;
      readonly declared: DeclaredCredential;
    }
  | {
      readonly kind: "change";
      readonly noun: "credential";
      readonly title: string;
      readonly clientId: string;
      readonly version: number;
      readonly body: {
        readonly name?: string;
        readonly scopes?: string[];
        readonly allowedRanges?: string[];
        readonly expiresAt?: string | null;
        readonly state?: State;
      };
      readonly differences: readonly Difference[];
    }
  | {
      readonly kind: "delete";
      readonly noun: "credential";
      readonly title: string;
      readonly clientId: string;
      readonly version: number;
    };

export type Step = CloudStep | AccountStep | ProjectStep | CredentialStep;

export type Plan = {
  /** In the order in which they are done. The order of the file does not matter. */
  readonly steps: readonly Step[];
  /** What there is, and what a list of the file leaves out. It stays. */
  readonly left: readonly string[];
};
