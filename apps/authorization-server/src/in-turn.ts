/** One at a time. Whoever asks during one gets the next, which begins after the asking and is one for all of them. */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      // Its failure is told to those who asked for it.
      .catch(() => {})
      .then(() => {
        next = undefined;
        running = work();
        return running;
      });
    return next;
  };
}
