import type { ScopeCatalogue, SecretEnvironment } from "@biped/protocol";
import type { SecretDigester } from "../credentials/secret-digest.ts";
import type { Author, NewAccount, NewCloud, NewProject, State, Storage, TokenOwner } from "../storage/storage.ts";
import { type AccountChangeInput, changeAccount, createAccount, setAccountState } from "./accounts.ts";
import { createCloud, setCloudEndpoint } from "./clouds.ts";
import {
  type CredentialChangeInput,
  type CredentialInput,
  changeCredential,
  createCredential,
  deleteCredential,
} from "./credentials.ts";
import { changeProject, createProject, moveProject, type ProjectChangeInput } from "./projects.ts";
import { revokeTokensBefore, revokeTokensOf } from "./revocations.ts";
import {
  cancelRotation,
  type RetirementInput,
  type RotationInput,
  retireSecret,
  rotateSecret,
  type SecretInput,
} from "./secrets.ts";

export type ManagementParts = {
  readonly storage: Storage;
  readonly digester: SecretDigester;
  readonly catalogue: ScopeCatalogue;
  readonly secretEnvironment: SecretEnvironment;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** See `CloudParts`. */
  readonly allowedEndpoints?: readonly string[] | undefined;
};

export type Management = ReturnType<typeof createManagement>;

/**
 * What one author may change, with every rule applied and each change in the audit log.
 * @param by An actor as in `AuditEntry`, for changes that no request asks for; or the author of each change.
 */
export function createManagement(parts: ManagementParts, by: string | (() => Author)) {
  const { storage } = parts;
  const author = typeof by === "string" ? () => ({ at: parts.nowSeconds(), actor: by, requestId: undefined }) : by;
  return {
    createAccount: (input: NewAccount) => createAccount(storage, input, author()),
    changeAccount: (input: AccountChangeInput) => changeAccount(storage, input, author()),
    setAccountState: (input: { readonly accountId: number; readonly state: State }) =>
      setAccountState(storage, input, author()),
    createCloud: (input: NewCloud) => createCloud(parts, input, author()),
    setCloudEndpoint: (input: NewCloud) => setCloudEndpoint(parts, input, author()),
    createProject: (input: NewProject) => createProject(storage, input, author()),
    changeProject: (input: ProjectChangeInput) => changeProject(storage, input, author()),
    moveProject: (input: { readonly projectId: number; readonly cloud: string }) =>
      moveProject(storage, input, author()),
    createCredential: (input: CredentialInput) => createCredential(parts, input, author()),
    changeCredential: (input: CredentialChangeInput) => changeCredential(parts, input, author()),
    deleteCredential: (input: { readonly clientId: string }) => deleteCredential(storage, input, author()),
    rotateSecret: (input: RotationInput) => rotateSecret(parts, input, author()),
    retireSecret: (input: RetirementInput) => retireSecret(storage, input, author()),
    cancelRotation: (input: SecretInput) => cancelRotation(storage, input, author()),
    revokeTokensOf: (owner: TokenOwner) => revokeTokensOf(storage, owner, author()),
    revokeTokensBefore: (input: { readonly before?: number }) => revokeTokensBefore(storage, input, author()),
  };
}
