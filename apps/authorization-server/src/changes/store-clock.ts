import type { Log } from "@biped/listener";
import type { Storage } from "../storage/storage.ts";

export type StoreClock = {
  /** Compares the store's clock with this machine's. */
  readonly read: () => Promise<void>;
  /** What to add to this machine's time: 0 while the two are about the same. */
  readonly offsetSeconds: () => number;
};

export type StoreClockParts = {
  readonly storage: Pick<Storage, "readClock">;
  /** This machine's wall clock. */
  readonly machineMilliseconds: () => number;
  /** Never jumps; says nothing about the time of day. */
  readonly steadyMilliseconds: () => number;
  readonly log: Log;
};

const toleranceMilliseconds = 2_000;
/** An answer that took longer says too little of the time that it was given at. */
const longestReadMilliseconds = 1_000;

/**
 * All nodes go by one clock, the store's, so that one with a wrong clock decides nothing by it (R-65, F-15). A wall
 * clock that jumps between two readings is taken back at once, by the steady clock.
 */
export function createStoreClock({ storage, log, ...clocks }: StoreClockParts): StoreClock {
  const { machineMilliseconds, steadyMilliseconds } = clocks;
  const readApart = (): number => machineMilliseconds() - steadyMilliseconds();
  let apart = readApart();
  let offsetSeconds = 0;
  return {
    read: async () => {
      const before = steadyMilliseconds();
      const store = await storage.readClock();
      const after = steadyMilliseconds();
      if (after - before > longestReadMilliseconds) return;
      apart = readApart();
      const next = roundBeyondTolerance(store - (apart + (before + after) / 2));
      if (next !== offsetSeconds) log.warn("this machine's clock is not the store's", { offsetSeconds: next });
      offsetSeconds = next;
    },
    offsetSeconds: () => offsetSeconds - roundBeyondTolerance(readApart() - apart),
  };
}

function roundBeyondTolerance(milliseconds: number): number {
  return Math.abs(milliseconds) > toleranceMilliseconds ? Math.round(milliseconds / 1000) : 0;
}
