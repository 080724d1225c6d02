/** Who stops waiting does not stop what he waits for. Rejects with the signal's reason. */
export function waitFor<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Aborted with either of the two. */
export function joinSignals({ signal }: AbortController, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([other, signal]) : signal;
}

type Timer = ReturnType<typeof setTimeout>;

/** At most 23 days: what takes 25 or more would be over at once. */
export function startTimer(end: () => void, milliseconds: number): Timer {
  return setTimeout(end, Math.min(milliseconds, 2e9));
}

export function sleep(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  let timer: Timer;
  const slept = new Promise<void>((resolve) => {
    timer = startTimer(resolve, milliseconds);
  });
  return waitFor(slept, signal).finally(() => clearTimeout(timer));
}
