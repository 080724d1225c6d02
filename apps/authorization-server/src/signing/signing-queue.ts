/** Who waits for a signature, first come first served. */
export type SigningQueue = {
  /** How long whoever enters now would wait. */
  readonly expectedWaitSeconds: () => number;
  readonly countWaiting: () => number;
  /** Resolves when it is one's turn. */
  readonly enter: () => Promise<void>;
  /** Hands the place on. While somebody waits, the time between two leavings is the pace of the queue. */
  readonly leave: () => void;
};

/** More would only lengthen the wait of file and DNS work in the same thread pool. */
const signaturesAtOnce = 16;

export function createSigningQueue(monotonicSeconds: () => number): SigningQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  let lastLeaveSeconds = 0;
  let pace = 0;
  return {
    expectedWaitSeconds: () => waiting.length * pace,
    countWaiting: () => waiting.length,
    enter: async () => {
      if (running < signaturesAtOnce) running += 1;
      else {
        // The pace counts from here: the time before anybody waited says nothing of it.
        if (waiting.length === 0) lastLeaveSeconds = monotonicSeconds();
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    leave: () => {
      const now = monotonicSeconds();
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else {
        pace += (now - lastLeaveSeconds - pace) / 64;
        next();
      }
      lastLeaveSeconds = now;
    },
  };
}
