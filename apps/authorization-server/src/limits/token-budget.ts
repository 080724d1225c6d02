import type { Refusal } from "@biped/protocol";
import { refuseRate } from "./refuse-rate.ts";
import { createBuckets } from "./token-bucket.ts";

/** Spends one token of a credential's budget. @returns the refusal when the budget is spent. */
export type TokenBudget = (clientId: string) => Refusal | undefined;

const burstSeconds = 4;

/** @param tokensPerSecond 0 means that there is no limit. */
export function createTokenBudget(tokensPerSecond: number, monotonicSeconds: () => number): TokenBudget {
  if (tokensPerSecond === 0) return () => undefined;
  const quota = tokensPerSecond * burstSeconds;
  const buckets = createBuckets({ capacity: quota, perSecond: tokensPerSecond }, monotonicSeconds);
  return (clientId) => {
    const waitSeconds = buckets.take(clientId);
    if (waitSeconds === 0) return undefined;
    return refuseRate({ name: "tokens", quota, windowSeconds: burstSeconds, waitSeconds });
  };
}
