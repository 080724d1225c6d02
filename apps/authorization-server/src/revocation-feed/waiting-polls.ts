/** Whoever asks for news when there is none waits for it, but only so many and so long. */
export type WaitingPolls = {
  /**
   * Resolves at the next `wake` or when the time is over. Where too many wait, or after `close`, that is soon: not at
   * once, or whoever asks again at once would keep the server busy.
   */
  readonly wait: (milliseconds: number, source: string) => Promise<void>;
  readonly wake: () => void;
  /** Wakes all and lets nobody wait for long any more. */
  readonly close: () => void;
  readonly count: () => number;
};

/** How many may wait for long: of all, and of one source, so that no one source takes the places of the others. */
export type PollLimits = { readonly all: number; readonly source: number };

const soonMilliseconds = 1_000;

export function createWaitingPolls(limits: PollLimits): WaitingPolls {
  const waiting = new Set<() => void>();
  const places = createPlaces(limits);
  let closed = false;
  const wake = (): void => {
    for (const end of waiting) end();
  };
  return {
    wait: (milliseconds, source) =>
      new Promise((resolve) => {
        const isLong = milliseconds > soonMilliseconds && !closed && places.take(source);
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(end);
          if (isLong) places.giveBack(source);
          resolve();
        };
        const timer = setTimeout(end, isLong ? milliseconds : Math.min(milliseconds, soonMilliseconds));
        waiting.add(end);
      }),
    wake,
    close: () => {
      closed = true;
      wake();
    },
    count: () => waiting.size,
  };
}

function createPlaces(limits: PollLimits) {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    /** @returns whether there was one. */
    take: (source: string): boolean => {
      const own = taken.get(source) ?? 0;
      if (all >= limits.all || own >= limits.source) return false;
      all += 1;
      taken.set(source, own + 1);
      return true;
    },
    giveBack: (source: string): void => {
      const left = (taken.get(source) ?? 0) - 1;
      all -= 1;
      if (left > 0) taken.set(source, left);
      else taken.delete(source);
    },
  };
}
