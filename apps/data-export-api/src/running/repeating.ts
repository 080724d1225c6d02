export type Repeating = {
  /** Acts at once, or once more where it is acting. */
  readonly wake: () => void;
  /** Resolves when what it was doing is done. */
  readonly stop: () => Promise<void>;
};

/**
 * Acts so long after the start, and again so long after each time it has acted; never twice at once.
 * @param act Never rejects.
 */
export function startRepeating(act: () => Promise<void>, pauseMilliseconds: number): Repeating {
  let isStopped = false;
  let isWoken = false;
  let endPause = (): void => {};
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMilliseconds);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isWoken || isStopped) endPause();
    });
  const repeat = async (): Promise<void> => {
    await pause();
    while (!isStopped) {
      isWoken = false;
      await act();
      await pause();
    }
  };
  const wake = (): void => {
    isWoken = true;
    endPause();
  };
  const done = repeat();
  return {
    wake,
    stop() {
      isStopped = true;
      endPause();
      return done;
    },
  };
}
