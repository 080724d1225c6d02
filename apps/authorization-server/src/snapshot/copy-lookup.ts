import type { Lookup } from "../credentials/client-directory.ts";
import type { CopiedCredential } from "../storage/copies.ts";
import type { Account, Project } from "../storage/storage.ts";
import { accountId, credentialId, projectId } from "./copy-storage.ts";

/** Puts a client together as the store does. Where a part of it is not there, neither is the client. */
export function createCopyLookup(find: (id: string) => string | undefined): Lookup {
  const findAccount = (id: number) => parse<Account>(find(accountId(id)));
  const findProject = (id: number) => parse<Project>(find(projectId(id)));
  return {
    findProject,
    findClient: (clientId) => {
      const copied = parse<CopiedCredential>(find(credentialId(clientId)));
      const account = copied && findAccount(copied.credential.accountId);
      if (copied === undefined || account === undefined) return undefined;
      const { projectId: owner } = copied.credential;
      const project = owner === undefined ? undefined : findProject(owner);
      return owner !== undefined && project === undefined ? undefined : { ...copied, account, project };
    },
  };
}

/** What is undefined has no member in JSON, which reads the same. */
function parse<Content>(text: string | undefined): Content | undefined {
  return text === undefined ? undefined : JSON.parse(text);
}
