/**
 * One at a time. Whoever asks during one is answered by it, so that what they hear may be older than their question; the
 * words of the first who asked count. For what anybody may ask, which then costs no more than one who asks all the time.
 */
export function shared<Words extends readonly unknown[], Result>(
  work: (...words: Words) => Promise<Result>,
): (...words: Words) => Promise<Result> {
  let running: Promise<Result> | undefined;
  return (...words) => {
    running ??= work(...words).finally(() => {
      running = undefined;
    });
    return running;
  };
}
