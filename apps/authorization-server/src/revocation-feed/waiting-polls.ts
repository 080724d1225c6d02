/** Whoever asks for news when there is none waits for it, but only so many and so long. */
export type WaitingPolls = {
  /**
   * Resolves at the next `wake` or when the time is over. Where too many wait, or after `close`, that is soon: not at
   * once, or whoever asks again at once would keep the server busy.
   */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly wake: () => void;
  /** Wakes all and lets nobody wait for long any more. */
  readonly close: () => void;
  readonly count: () => number;
};

const soonMilliseconds = 1_000;

export function createWaitingPolls(limit: number): WaitingPolls {
  const waiting = new Set<() => void>();
  let closed = false;
  const wake = (): void => {
    for (const end of waiting) end();
  };
  return {
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        const isShort = closed || waiting.size >= limit;
        const timer = setTimeout(end, isShort ? Math.min(milliseconds, soonMilliseconds) : milliseconds);
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
