import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { grantScopes, type ScopeCatalogue } from "./scope.ts";
import type { TokenRequest } from "./token-request.ts";

/** Counters that rise with each change that takes something away; a token carries those of its issue. */
export type Epochs = { readonly account: number; readonly project: number; readonly credential: number };

export type GrantableProject = {
  readonly id: number;
  readonly accountId: number;
  /** Base URL of the cloud on which the project lives. */
  readonly endpoint: string;
  readonly enabled: boolean;
  readonly epoch: number;
};

/** A credential that has authenticated, with what it owns. Without a `projectId` it is of account level. */
export type AuthenticatedCredential = {
  readonly clientId: string;
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number | undefined;
  readonly scopes: readonly string[];
  readonly accountEpoch: number;
  readonly credentialEpoch: number;
  /** ISO 8601. When the secret that was presented ends, by itself or with its credential. */
  readonly secretExpiresAt: string | undefined;
};

/** What a token will say: one credential, one project, one cloud. */
export type Grant = {
  readonly clientId: string;
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number;
  readonly endpoint: string;
  readonly scopes: readonly string[];
  readonly epochs: Epochs;
  /** ISO 8601. */
  readonly secretExpiresAt: string | undefined;
};

/**
 * The project that a request aims at: the credential's own, or, at account level, the one it names.
 * Undefined where an account-level credential names none.
 */
export function targetProjectId(credential: AuthenticatedCredential, request: TokenRequest): number | undefined {
  return credential.projectId ?? request.projectId;
}

export type GrantQuestion = {
  readonly credential: AuthenticatedCredential;
  readonly request: TokenRequest;
  /** The project with the id of `targetProjectId`, undefined if there is none. */
  readonly project: GrantableProject | undefined;
  readonly catalogue: ScopeCatalogue;
};

/** RFC 6749 §4.4, for a credential that has authenticated: the grant type, then the scopes, then the project. */
export function grantClientCredentials({ credential, request, project, catalogue }: GrantQuestion): Grant | Refusal {
  if (request.grantType === undefined) return refuse("INVALID_REQUEST", "grant_type is required.");
  if (request.grantType !== "client_credentials") {
    return refuse("UNSUPPORTED_GRANT_TYPE", "grant_type must be client_credentials.");
  }
  const scopes = grantScopes({ asked: request.scope, owned: credential.scopes, catalogue });
  if (isRefusal(scopes)) return scopes;
  const target = checkProject({ credential, request, project });
  if (isRefusal(target)) return target;
  return {
    clientId: credential.clientId,
    secretId: credential.secretId,
    accountId: credential.accountId,
    projectId: target.id,
    endpoint: target.endpoint,
    scopes,
    epochs: { account: credential.accountEpoch, project: target.epoch, credential: credential.credentialEpoch },
    secretExpiresAt: credential.secretExpiresAt,
  };
}

type ProjectQuestion = Omit<GrantQuestion, "catalogue">;

function checkProject({ credential, request, project }: ProjectQuestion): GrantableProject | Refusal {
  const targetId = targetProjectId(credential, request);
  if (targetId === undefined) {
    return refuse("PROJECT_ID_REQUIRED", "project_id is required for an account-level credential.");
  }
  // One answer for all four causes, so that nobody learns which projects exist.
  const refuseProject = (reason: string): Refusal =>
    refuse("PROJECT_NOT_ALLOWED", "project_id names no project of this credential.", reason);
  if (request.projectId !== undefined && credential.projectId !== undefined) {
    if (request.projectId !== credential.projectId) return refuseProject("not the credential's own project");
  }
  if (project === undefined) return refuseProject("unknown project");
  if (project.id !== targetId) throw new Error("The request aims at another project than the one that was looked up.");
  if (project.accountId !== credential.accountId) return refuseProject("project of another account");
  if (!project.enabled) return refuseProject("disabled project");
  return project;
}
