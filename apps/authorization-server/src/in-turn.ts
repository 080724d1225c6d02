/**
 * One at a time. Whoever asks during one gets the next, which begins after the asking and is one for all of them; so
 * whoever waits for it before closing the store cuts nothing off.
 */
export function inTurn<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const begun = work();
      // Its failure is told to those who asked for it.
      running = begun.catch(() => {});
      return begun;
    });
    return next;
  };
}
