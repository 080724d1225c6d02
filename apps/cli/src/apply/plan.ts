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
type OwnMembers<Declared extends object> = Omit<Declared, "projects" | "credentials">;

type Creation<Noun, Declared extends object> = {
  readonly kind: "create";
  readonly noun: Noun;
  readonly title: string;
  readonly declared: OwnMembers<Declared>;
};

type Change<Noun> = {
  readonly kind: "change";
  readonly noun: Noun;
  readonly title: string;
  readonly version: number;
  readonly differences: readonly Difference[];
};

export type CloudStep = Creation<"cloud", DeclaredCloud> | (Change<"cloud"> & { readonly declared: DeclaredCloud });

export type AccountStep =
  | Creation<"account", DeclaredAccount>
  | (Change<"account"> & {
      readonly id: number;
      readonly body: { readonly name?: string; readonly credentialLifetimeLimitDays?: number | null };
      readonly state: State | undefined;
    });

export type ProjectStep =
  | (Creation<"project", DeclaredProject> & { readonly account: Reference })
  | (Change<"project"> & {
      readonly id: number;
      readonly body: { readonly name?: string; readonly timeZone?: string; readonly state?: State };
      readonly cloud: string | undefined;
    });

export type CredentialStep =
  | (Creation<"credential", DeclaredCredential> & {
      readonly account: Reference;
      readonly project: Reference | undefined;
    })
  | (Change<"credential"> & {
      readonly clientId: string;
      readonly body: {
        readonly name?: string;
        readonly scopes?: string[];
        readonly allowedRanges?: string[];
        readonly expiresAt?: string | null;
        readonly state?: State;
      };
    })
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
