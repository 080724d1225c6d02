import { onTestFinished, vi } from "vitest";

export type HeldTimeouts = {
  /** How many were begun and are not over. */
  readonly count: () => number;
  readonly end: () => void;
};

/** Timeouts of so many milliseconds are over when the test says so, and not before. */
export function holdTimeouts(milliseconds: number): HeldTimeouts {
  const original = AbortSignal.timeout.bind(AbortSignal);
  const held: AbortController[] = [];
  const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((asked) => {
    if (asked !== milliseconds) return original(asked);
    const controller = new AbortController();
    held.push(controller);
    return controller.signal;
  });
  onTestFinished(() => spy.mockRestore());
  return {
    count: () => held.length,
    end: () => {
      for (const controller of held.splice(0)) controller.abort();
    },
  };
}
