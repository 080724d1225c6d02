import { createHash } from "node:crypto";
import type { Log } from "@biped/listener";

export type SharedCount = {
  /** Of all nodes since the window began. */
  readonly total: number;
  readonly resetSeconds: number;
};

export type SharedCounts = {
  /** @returns undefined where the shared store does not say in time: what is known here stands alone then. */
  readonly add: (key: string, count: number) => Promise<SharedCount | undefined>;
};

/** What rate-limiter-flexible makes of each of its stores, as far as it is used: it counts, and refuses nothing. */
export type WindowCounter = {
  readonly penalty: (key: string, points: number) => Promise<CountedWindow>;
};

export type CountedWindow = { readonly consumedPoints: number; readonly msBeforeNext: number };

export type SharedStoreHealth = {
  /** Whether it is worth asking now. */
  readonly isUsable: () => boolean;
  readonly note: (outcome: "answered" | "failed") => void;
};

/** For so long a store that failed is left alone. */
const pauseSeconds = 1;

/** Of one store, whatever is counted in it. */
export function createStoreHealth(monotonicSeconds: () => number, log: Log): SharedStoreHealth {
  let usableAt = Number.NEGATIVE_INFINITY;
  let isAway = false;
  return {
    isUsable: () => monotonicSeconds() >= usableAt,
    note: (outcome) => {
      if (outcome === "failed") usableAt = monotonicSeconds() + pauseSeconds;
      if ((outcome === "failed") === isAway) return;
      isAway = outcome === "failed";
      if (isAway) log.warn("limits are not shared: their store does not answer");
      else log.info("limits are shared again");
    },
  };
}

export type SharedCountsParts = {
  readonly counter: WindowCounter;
  readonly health: SharedStoreHealth;
  /** Nobody waits longer for it. */
  readonly patienceMilliseconds: number;
};

/** @param prefix Tells these counts from others in the same store. */
export function createSharedCounts(prefix: string, parts: SharedCountsParts): SharedCounts {
  const { counter, health, patienceMilliseconds } = parts;
  return {
    add: async (key, count) => {
      if (!health.isUsable()) return undefined;
      try {
        const counting = counter.penalty(digestKey(prefix, key), count);
        const { consumedPoints, msBeforeNext } = await withPatience(patienceMilliseconds, counting);
        health.note("answered");
        return { total: consumedPoints, resetSeconds: Math.max(0, msBeforeNext / 1000) };
      } catch {
        // Whatever is wrong with it, it is the same for us; what it says of itself could name its address or password.
        health.note("failed");
        return undefined;
      }
    },
  };
}

/** What a caller presents as its id may be anything, a secret too, and of any length: it does not leave this process. */
function digestKey(prefix: string, key: string): string {
  return `${prefix}:${createHash("sha256").update(key).digest("base64url")}`;
}

async function withPatience<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // An answer that has arrived while the event loop was busy is read first.
    timer = setTimeout(() => setImmediate(() => reject(new Error("no answer in time"))), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
