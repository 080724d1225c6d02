import { type Caller, findReach } from "../administrators/caller.ts";
import type { Storage } from "../storage/storage.ts";
import type { Target } from "./handlers.ts";

export type TargetStorage = Pick<Storage, "viewAccount" | "viewProject" | "viewCredential">;

export const noTarget: Target = { accountId: undefined, project: undefined, credential: undefined };

/** what the path names, looked for within the caller's reach alone. Undefined for foreign and missing alike. */
export async function findTarget(storage: TargetStorage, caller: Caller, params: unknown): Promise<Target | undefined> {
  if (typeof params !== "object" || params === null) return undefined;
  const reach = findReach(caller);
  if ("clientId" in params && typeof params.clientId === "string") {
    const credential = await storage.viewCredential(reach, params.clientId);
    return credential === undefined ? undefined : { ...noTarget, accountId: credential.accountId, credential };
  }
  if ("projectId" in params && typeof params.projectId === "number") {
    const project = await storage.viewProject(reach, params.projectId);
    return project === undefined ? undefined : { ...noTarget, accountId: project.accountId, project };
  }
  if ("accountId" in params && typeof params.accountId === "number") {
    const account = await storage.viewAccount(reach, params.accountId);
    return account === undefined ? undefined : { ...noTarget, accountId: account.id };
  }
  return noTarget;
}
