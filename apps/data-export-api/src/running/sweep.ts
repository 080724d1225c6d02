import type { FileStore } from "../files/file-store.ts";
import type { FileStorage } from "../storage/storage.ts";

export type SweepParts = {
  readonly storage: Pick<FileStorage, "listExpiredFiles" | "forgetFiles" | "findStoredNames">;
  readonly fileStore: Pick<FileStore, "remove" | "closeWork" | "findForgotten">;
};

const batchFiles = 500;

/** The bytes first: what is still listed when the process is killed in between, is deleted the next time. */
export async function deleteExpiredFiles({ storage, fileStore }: SweepParts, nowSeconds: number): Promise<number> {
  let count = 0;
  for (;;) {
    const expired = await storage.listExpiredFiles(nowSeconds, batchFiles);
    for (const { storedName } of expired) await fileStore.remove(storedName);
    if (expired.length > 0) await storage.forgetFiles(expired.map((file) => file.fileId));
    count += expired.length;
    if (expired.length < batchFiles) return count;
  }
}

/**
 * What attempts left behind that were killed.
 * @param untouchedSince Longer ago than any attempt may take, so that nothing of one that lives is taken for forgotten.
 */
export async function deleteForgotten({ storage, fileStore }: SweepParts, untouchedSince: Date): Promise<number> {
  const { leaseIds, storedNames } = await fileStore.findForgotten(untouchedSince);
  for (const leaseId of leaseIds) await fileStore.closeWork(leaseId);
  let count = leaseIds.length;
  for (let start = 0; start < storedNames.length; start += batchFiles) {
    const names = storedNames.slice(start, start + batchFiles);
    const listed = await storage.findStoredNames(names);
    const lost = names.filter((name) => !listed.has(name));
    for (const name of lost) await fileStore.remove(name);
    count += lost.length;
  }
  return count;
}
