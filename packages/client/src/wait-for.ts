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

export function sleep(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return waitFor(slept, signal).finally(() => clearTimeout(timer));
}
