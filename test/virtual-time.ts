/** Time that passes only when nothing else is left to do. */

type Timer = { readonly at: number; readonly wake: () => void };

export type VirtualTime = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Calls it then, unless what is answered was called before. */
  readonly after: (milliseconds: number, wake: () => void) => () => void;
  /** No time passes before the promise is settled: for what the real machine does meanwhile. */
  readonly stop: <Value>(promise: Promise<Value>) => Promise<Value>;
  /** Lets time pass until the promise is settled. */
  readonly run: <Value>(promise: Promise<Value>) => Promise<Value>;
};

export function createVirtualTime(start: number): VirtualTime {
  let now = start;
  const timers: Timer[] = [];
  const after: VirtualTime["after"] = (milliseconds, wake) => {
    const timer = { at: now + milliseconds, wake };
    const place = timers.findLastIndex(({ at }) => at <= timer.at);
    timers.splice(place + 1, 0, timer);
    return () => {
      const at = timers.indexOf(timer);
      if (at !== -1) timers.splice(at, 1);
    };
  };
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      after(milliseconds, wake);
    });
  let stops = 0;
  const stop: VirtualTime["stop"] = (promise) => {
    stops += 1;
    const end = (): void => {
      stops -= 1;
    };
    promise.then(end, end);
    return promise;
  };
  const run: VirtualTime["run"] = async (promise) => {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      // Whatever can go on without time passing goes on first.
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return promise;
      if (stops > 0) continue;
      const next = timers.shift();
      if (next === undefined) throw new Error("Nothing is left that could happen, and the promise is not settled.");
      now = next.at;
      next.wake();
    }
  };
  return { now: () => now, sleep, after, stop, run };
}
