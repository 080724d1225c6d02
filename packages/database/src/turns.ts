/** Waits for all earlier turns to end; the answer ends this one. */
export type TakeTurn = () => Promise<() => void>;

/** First come, first served. */
export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    let end = (): void => {};
    last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  };
}
