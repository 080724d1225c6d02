import type { ReadyChecks } from "@biped/listener";
import type { ChangeWatcher } from "../changes/change-watcher.ts";
import type { StoreClock } from "../changes/store-clock.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { Storage } from "../storage/storage.ts";

export type ReadyParts = {
  readonly storage: Pick<Storage, "ping">;
  readonly keyRing: Pick<KeyRing, "active">;
  readonly changes: Pick<ChangeWatcher, "lagSeconds">;
  readonly storeClock: Pick<StoreClock, "offsetSeconds">;
  readonly nowSeconds: () => number;
};

/** Guards learn from this node what was taken back, and are to know within so long. */
const longestLagSeconds = 10;

/** What a balancer goes by, and numbers for whoever asks why. A wrong clock is corrected, so that it is told alone. */
export function createReadyChecks(parts: ReadyParts): ReadyChecks {
  const { storage, keyRing, changes, storeClock, nowSeconds } = parts;
  return {
    store: () => storage.ping().then(() => ({ ok: true })),
    signingKey: () => ({ ok: true, ageSeconds: nowSeconds() - keyRing.active().key.stateSince }),
    changes: () => {
      const lagSeconds = Math.round(changes.lagSeconds() * 10) / 10;
      return { ok: lagSeconds <= longestLagSeconds, lagSeconds };
    },
    clock: () => ({ ok: true, offsetSeconds: storeClock.offsetSeconds() }),
  };
}
