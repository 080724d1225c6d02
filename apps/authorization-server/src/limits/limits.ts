import { createFailureLimit, type FailureLimit } from "./failure-limit.ts";
import { createGuessingAlarm, type GuessingAlarm } from "./guessing-alarm.ts";
import { openSharedStore, type SharedStoreParts } from "./open-shared-store.ts";
import { createTokenBudget, type TokenBudget } from "./token-budget.ts";

/** All that bounds what one caller may take from the others. */
export type Limits = {
  readonly failures: FailureLimit;
  readonly guessing: GuessingAlarm;
  readonly budget: TokenBudget;
  readonly stop: () => Promise<void>;
};

export type LimitParts = SharedStoreParts & {
  readonly tokensPerSecond: number;
  readonly accountTokensPerSecond: number;
};

const shareMilliseconds = 1_000;

export async function openLimits(parts: LimitParts): Promise<Limits> {
  const { monotonicSeconds, log } = parts;
  const shared = await openSharedStore(parts);
  const budget = createTokenBudget({ ...parts, sharedCounts: shared?.tokens });
  const timer = shared === undefined ? undefined : setInterval(() => void budget.share(), shareMilliseconds);
  return {
    failures: createFailureLimit(monotonicSeconds, shared?.failures),
    guessing: createGuessingAlarm(monotonicSeconds, log),
    budget,
    stop: async () => {
      clearInterval(timer);
      await shared?.close();
    },
  };
}
