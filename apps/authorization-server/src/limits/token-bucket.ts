/**
 * Token buckets by key, in bounded memory. A bucket is one number: the time at which it will be full again.
 * (The generic cell rate algorithm, ITU-T I.371.)
 */

export type BucketRule = {
  readonly capacity: number;
  readonly perSecond: number;
};

export type Bucket = {
  readonly remaining: number;
  readonly fullInSeconds: number;
  /** Until there is one to take; 0 if there is. */
  readonly waitSeconds: number;
};

export type Buckets = {
  /** Takes one if there is one. @returns 0 if taken, else the seconds until there is one. */
  readonly take: (key: string) => number;
  readonly look: (key: string) => Bucket;
  /** Takes out what was spent elsewhere, and more than there is where need be: at most one capacity is owed. */
  readonly charge: (key: string, count: number) => void;
};

const maxBuckets = 100_000;

/** @param monotonicSeconds Never goes back. */
export function createBuckets({ capacity, perSecond }: BucketRule, monotonicSeconds: () => number): Buckets {
  const fullAt = new Map<string, number>();
  const interval = 1 / perSecond;
  // A clock that has run for months has few digits left; a thousandth of a token is not worth a refusal.
  const grain = interval / 1000;
  const measure = (key: string): number => Math.max(0, (fullAt.get(key) ?? 0) - monotonicSeconds());
  const fillIn = (key: string, seconds: number): void => {
    fullAt.delete(key);
    // Each use inserts anew, so the first key is the one that has gone longest without.
    const [oldest] = fullAt.size < maxBuckets ? [] : fullAt.keys();
    if (oldest !== undefined) fullAt.delete(oldest);
    fullAt.set(key, monotonicSeconds() + seconds);
  };
  const findWait = (fullInSeconds: number): number => {
    const wait = fullInSeconds - (capacity - 1) * interval;
    return wait > grain ? wait : 0;
  };
  return {
    take: (key) => {
      const fullInSeconds = measure(key);
      const wait = findWait(fullInSeconds);
      if (wait === 0) fillIn(key, fullInSeconds + interval);
      return wait;
    },
    look: (key) => {
      const fullInSeconds = measure(key);
      const remaining = Math.max(0, Math.floor(capacity - (fullInSeconds - grain) / interval));
      return { remaining: Math.min(capacity, remaining), fullInSeconds, waitSeconds: findWait(fullInSeconds) };
    },
    charge: (key, count) => fillIn(key, Math.min(measure(key) + count * interval, 2 * capacity * interval)),
  };
}
