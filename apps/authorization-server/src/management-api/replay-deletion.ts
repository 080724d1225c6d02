import type { OperationName } from "@biped/management-client";
import { isRefusal, type Refusal } from "@biped/protocol";
import type { Author, Storage } from "../storage/storage.ts";

export type ReplayStorage = Pick<Storage, "findClient" | "deleteCredential">;

/**
 * whoever deleted a credential and asks again with the same key is answered the same, although there is nothing
 * any more. The storage is asked only where nobody has such a credential, so that this deletes none out of reach.
 */
export async function replayDeletion(
  name: OperationName,
  { params, author }: { readonly params: unknown; readonly author: Author | Refusal },
  storage: ReplayStorage,
): Promise<boolean> {
  if (name !== "DELETE /api/credentials/:clientId" || isRefusal(author)) return false;
  if (author.idempotency === undefined || typeof params !== "object" || params === null) return false;
  if (!("clientId" in params) || typeof params.clientId !== "string") return false;
  const isThere = (await storage.findClient(params.clientId)) !== undefined;
  return !isThere && (await storage.deleteCredential(params.clientId, author)) === true;
}
