import { formatTime } from "../instant.ts";
import type { Restore, Storage } from "../storage/storage.ts";

export function describeGap({ lacksFrom, lacksTo }: Restore): string {
  return `lacks changes from ${formatTime(lacksFrom)} to ${formatTime(lacksTo)}`;
}

export class UnconfirmedRestore extends Error {
  override readonly name = "UnconfirmedRestore";
}

/** whoever restores a store must know what it lacks before anybody is served by it. @throws UnconfirmedRestore */
export async function refuseUnconfirmedRestore(storage: Pick<Storage, "findUnconfirmedRestore">): Promise<void> {
  const restore = await storage.findUnconfirmedRestore();
  if (restore === undefined) return;
  throw new UnconfirmedRestore(
    `This store was restored and ${describeGap(restore)}; confirm with: biped-server restore confirm`,
  );
}
