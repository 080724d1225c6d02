/** Delays that double with each failure of a key, in bounded memory. */

export type Delays = {
  /** Seconds until the key may try again; 0 if it may now. */
  readonly findWait: (key: string) => number;
  readonly charge: (key: string) => void;
  /** Takes back what one `charge` added. */
  readonly refund: (key: string) => void;
  readonly clear: (key: string) => void;
};

type Failures = { readonly count: number; readonly at: number };

const longestDelaySeconds = 900;
/** A key that is left alone is forgiven one failure in so long: at the longest delay that is one guess each time. */
const forgivenSeconds = 900;
const maxKeys = 100_000;

/** @param free Failures without a delay. The one after them costs a second, and each further one twice as much. */
export function createDelays(free: number, monotonicSeconds: () => number): Delays {
  const failures = new Map<string, Failures>();
  const count = (key: string): number => {
    const found = failures.get(key);
    if (found === undefined) return 0;
    return Math.max(0, found.count - Math.floor((monotonicSeconds() - found.at) / forgivenSeconds));
  };
  const set = (key: string, next: Failures): void => {
    // Each use inserts anew, so the first key is the one that has gone longest without.
    failures.delete(key);
    const [oldest] = failures.size < maxKeys ? [] : failures.keys();
    if (oldest !== undefined) failures.delete(oldest);
    if (next.count > 0) failures.set(key, next);
  };
  return {
    findWait: (key) => {
      const counted = count(key);
      if (counted < free) return 0;
      const delay = Math.min(longestDelaySeconds, 2 ** (counted - free));
      return Math.max(0, (failures.get(key)?.at ?? 0) + delay - monotonicSeconds());
    },
    charge: (key) => set(key, { count: count(key) + 1, at: monotonicSeconds() }),
    refund: (key) => {
      const found = failures.get(key);
      if (found !== undefined) set(key, { ...found, count: found.count - 1 });
    },
    clear: (key) => {
      failures.delete(key);
    },
  };
}
