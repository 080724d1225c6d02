import { StoreUnavailable } from "@biped/database";
import type { ReadyCheck, ReadyChecks } from "@biped/listener";
import type { ChangeWatcher } from "../changes/change-watcher.ts";
import type { StoreClock } from "../changes/store-clock.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Storage } from "../storage/storage.ts";

export type ReadyParts = {
  readonly storage: Pick<Storage, "ping">;
  readonly keyRing: Pick<KeyRing, "active">;
  readonly snapshot: Pick<Snapshot, "mayServe" | "isWhole" | "ageSeconds"> | undefined;
  readonly changes: Pick<ChangeWatcher, "lagSeconds">;
  readonly storeClock: Pick<StoreClock, "offsetSeconds">;
  readonly nowSeconds: () => number;
};

/** Guards learn from this node what was taken back, and are to know within so long. */
const longestLagSeconds = 10;

/**
 * What a balancer goes by, and numbers for whoever asks why. A wrong clock is corrected, so that it is told alone; a
 * store that is away is too while the snapshot serves in its place.
 */
export function createReadyChecks(parts: ReadyParts): ReadyChecks {
  const { storage, keyRing, snapshot, changes, storeClock, nowSeconds } = parts;
  const mayServe = (): boolean => snapshot?.mayServe() ?? false;
  return {
    store: async () => {
      try {
        await storage.ping();
        return { ok: true };
      } catch (error) {
        if (!(error instanceof StoreUnavailable && mayServe())) throw error;
        return { ok: true, away: true };
      }
    },
    signingKey: () => ({ ok: true, ageSeconds: nowSeconds() - keyRing.active().key.stateSince }),
    changes: () => {
      const lagSeconds = round(changes.lagSeconds());
      return { ok: lagSeconds <= longestLagSeconds || mayServe(), lagSeconds };
    },
    clock: () => ({ ok: true, offsetSeconds: storeClock.offsetSeconds() }),
    ...(snapshot && { snapshot: () => checkSnapshot(snapshot) }),
  };
}

/** Before there is a copy for the first time nothing is wrong with the node. */
function checkSnapshot({ ageSeconds, isWhole, mayServe }: NonNullable<ReadyParts["snapshot"]>): ReadyCheck {
  const age = ageSeconds();
  const whole = isWhole();
  return age === undefined ? { ok: true, whole } : { ok: mayServe(), whole, ageSeconds: round(age) };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
