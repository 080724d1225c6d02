import type { Log } from "@biped/listener";
import { inTurn } from "../in-turn.ts";
import type { SecretUse, Storage } from "../storage/storage.ts";
import type { Flushed } from "../usage/usage-reports.ts";

export type Use = {
  readonly clientId: string;
  readonly secretId: string;
  readonly nowSeconds: number;
  /** IP address of the caller. */
  readonly source: string;
};

/** Counts use in memory and writes it in batches, so that issuing a token writes nothing. A crash loses one batch. */
export type UseCounter = {
  readonly count: (use: Use) => void;
  /** Writes what has been counted, one batch after the other. On failure it is kept for the next time. */
  readonly flush: () => Promise<Flushed>;
  /** Secrets whose use is not written yet. */
  readonly pendingRows: () => number;
};

export function createUseCounter(storage: Pick<Storage, "recordUse">, log: Log): UseCounter {
  let pending = new Map<string, SecretUse>();
  const add = (use: SecretUse): void => {
    const former = pending.get(use.secretId);
    const latest = former !== undefined && former.lastUsedAt > use.lastUsedAt ? former : use;
    pending.set(use.secretId, { ...latest, tokens: use.tokens + (former?.tokens ?? 0) });
  };
  const write = async (): Promise<Flushed> => {
    if (pending.size === 0) return "nothing to write";
    const batch = [...pending.values()];
    pending = new Map();
    try {
      await storage.recordUse(batch);
      return "written";
    } catch (error) {
      log.warn("use counts could not be written", { count: batch.length, error });
      batch.forEach(add);
      return "kept";
    }
  };
  return {
    count: ({ clientId, secretId, nowSeconds, source }) =>
      add({ clientId, secretId, lastUsedAt: nowSeconds, source, tokens: 1 }),
    flush: inTurn(write),
    pendingRows: () => pending.size,
  };
}
