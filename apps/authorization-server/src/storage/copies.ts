/** The part of the storage port that all of it is read with, page by page, each in the order of its ids. */

import type { Account, Client, Project } from "./storage.ts";

/** A credential with its secrets. */
export type CopiedCredential = Pick<Client, "credential" | "secrets">;

export type CopyStorage = {
  /** @param after The id of the last one of the page before; 0 for the first page. */
  readonly copyAccounts: (after: number, limit: number) => Promise<readonly Account[]>;
  readonly copyProjects: (after: number, limit: number) => Promise<readonly Project[]>;
  /** @param after Undefined for the first page. */
  readonly copyCredentials: (after: string | undefined, limit: number) => Promise<readonly CopiedCredential[]>;
};
