/**
 * Token buckets by key, in bounded memory. A bucket is one number: the time at which it will be full again.
 * (The generic cell rate algorithm, ITU-T I.371.)
 */

export type BucketRule = {
  readonly capacity: number;
  readonly perSecond: number;
};

export type Buckets = {
  /** Takes one if there is one. @returns 0 if taken, else the seconds until there is one. */
  readonly take: (key: string) => number;
};

const maxBuckets = 100_000;

/** @param monotonicSeconds Never goes back. */
export function createBuckets({ capacity, perSecond }: BucketRule, monotonicSeconds: () => number): Buckets {
  const fullAt = new Map<string, number>();
  const interval = 1 / perSecond;
  return {
    take: (key) => {
      const now = monotonicSeconds();
      const full = Math.max(fullAt.get(key) ?? now, now);
      const wait = full - now - (capacity - 1) * interval;
      // A clock that has run for months has few digits left; a thousandth of a token is not worth a refusal.
      if (wait > interval / 1000) return wait;
      fullAt.delete(key);
      // Each use inserts anew, so the first key is the one that has gone longest without.
      const [oldest] = fullAt.size < maxBuckets ? [] : fullAt.keys();
      if (oldest !== undefined) fullAt.delete(oldest);
      fullAt.set(key, full + interval);
      return 0;
    },
  };
}
