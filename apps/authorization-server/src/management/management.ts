import type { ScopeCatalogue, SecretEnvironment } from "@biped/protocol";
import type { SecretDigester } from "../credentials/secret-digest.ts";
import type { Author, Cloud, NewProject, Storage } from "../storage/storage.ts";
import { createAccount } from "./accounts.ts";
import { createCloud } from "./clouds.ts";
import { type CredentialInput, createCredential } from "./credentials.ts";
import { createProject } from "./projects.ts";

export type ManagementParts = {
  readonly storage: Storage;
  readonly digester: SecretDigester;
  readonly catalogue: ScopeCatalogue;
  readonly secretEnvironment: SecretEnvironment;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
};

export type Management = ReturnType<typeof createManagement>;

/**
 * What one author may change, with every rule applied and each change in the audit log.
 * @param actor As in `AuditEntry`.
 */
export function createManagement(parts: ManagementParts, actor: string) {
  const { storage } = parts;
  const author = (): Author => ({ at: parts.nowSeconds(), actor, requestId: undefined });
  return {
    createAccount: (input: { readonly name: string }) => createAccount(storage, input, author()),
    createCloud: (input: Cloud) => createCloud(storage, input, author()),
    createProject: (input: NewProject) => createProject(storage, input, author()),
    createCredential: (input: CredentialInput) => createCredential(parts, input, author()),
  };
}
