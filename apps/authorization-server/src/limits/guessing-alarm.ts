import type { Log } from "@biped/listener";
import { createBuckets } from "./token-bucket.ts";

/**
 * Tells of a credential at which somebody guesses from many sources. It refuses nobody: the true holder could
 * not be told from the others.
 */
export type GuessingAlarm = {
  readonly count: (clientId: string) => void;
  /** How often it was raised since the start. */
  readonly countRaised: () => number;
};

const failures = { capacity: 600, perSecond: 600 / 60 };
const lines = { capacity: 1, perSecond: 1 / 60 };

export function createGuessingAlarm(monotonicSeconds: () => number, log: Log): GuessingAlarm {
  const [counted, told] = [createBuckets(failures, monotonicSeconds), createBuckets(lines, monotonicSeconds)];
  let raised = 0;
  return {
    count: (clientId) => {
      if (counted.take(clientId) === 0 || told.take(clientId) > 0) return;
      raised += 1;
      log.warn("more than 600 failed authentications a minute for one credential", { clientId });
    },
    countRaised: () => raised,
  };
}
