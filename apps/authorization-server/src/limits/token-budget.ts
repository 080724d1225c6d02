import type { Refusal } from "@biped/protocol";
import { formatRateFields } from "./rate-fields.ts";
import { refuseRate } from "./refuse-rate.ts";
import type { SharedCounts } from "./shared-counts.ts";
import { createSharedSpending, type SharedSpending } from "./shared-spending.ts";
import { type Bucket, type Buckets, createBuckets } from "./token-bucket.ts";

export type Spender = { readonly clientId: string; readonly accountId: number };

export type TokenBudget = {
  /**
   * Spends one token of each budget that the credential has.
   * @returns the refusal when one is spent, which costs the others nothing; else what the answer says of the tightest.
   */
  readonly spend: (spender: Spender) => Refusal | Readonly<Record<string, string>>;
  /** Tells the other nodes what was spent here, and learns what was spent there. */
  readonly share: () => Promise<void>;
};

export type TokenBudgetParts = {
  /** 0 means that there is no limit. */
  readonly tokensPerSecond: number;
  readonly accountTokensPerSecond: number;
  readonly monotonicSeconds: () => number;
  readonly sharedCounts?: SharedCounts | undefined;
};

type Budget = {
  readonly name: string;
  readonly quota: number;
  readonly buckets: Buckets;
  readonly spending: SharedSpending | undefined;
  readonly keyOf: (spender: Spender) => string;
};

const burstSeconds = 4;

export function createTokenBudget(parts: TokenBudgetParts): TokenBudget {
  const budgets = [
    createBudget({ ...parts, name: "tokens", perSecond: parts.tokensPerSecond, keyOf: ({ clientId }) => clientId }),
    createBudget({
      ...parts,
      name: "account-tokens",
      perSecond: parts.accountTokensPerSecond,
      keyOf: ({ accountId }) => String(accountId),
    }),
  ].filter((budget) => budget !== undefined);
  return {
    spend: (spender) => {
      const spent = findTightest(budgets, spender);
      if (spent === undefined) return {};
      const { budget, bucket } = spent;
      const policy = { name: budget.name, quota: budget.quota, windowSeconds: burstSeconds };
      if (bucket.waitSeconds > 0) return refuseRate({ ...policy, waitSeconds: bucket.waitSeconds });
      for (const { buckets, spending, keyOf } of budgets) {
        buckets.take(keyOf(spender));
        spending?.note(keyOf(spender));
      }
      const { remaining, fullInSeconds } = budget.buckets.look(budget.keyOf(spender));
      return formatRateFields({ ...policy, remaining, resetSeconds: Math.ceil(fullInSeconds) });
    },
    share: async () => {
      await Promise.all(budgets.map(({ spending }) => spending?.share()));
    },
  };
}

type BudgetParts = Pick<TokenBudgetParts, "monotonicSeconds" | "sharedCounts"> &
  Pick<Budget, "name" | "keyOf"> & { readonly perSecond: number };

function createBudget({ name, keyOf, perSecond, monotonicSeconds, sharedCounts }: BudgetParts): Budget | undefined {
  if (perSecond === 0) return undefined;
  const quota = perSecond * burstSeconds;
  const buckets = createBuckets({ capacity: quota, perSecond }, monotonicSeconds);
  const shared = sharedCounts === undefined ? undefined : { counts: sharedCounts, buckets, name, perSecond };
  return { name, quota, keyOf, buckets, spending: shared === undefined ? undefined : createSharedSpending(shared) };
}

/** The one for which there is the longest wait, or the least left. */
function findTightest(budgets: readonly Budget[], spender: Spender): { budget: Budget; bucket: Bucket } | undefined {
  const looks = budgets.map((budget) => ({ budget, bucket: budget.buckets.look(budget.keyOf(spender)) }));
  const [first, ...others] = looks;
  return others.reduce((tightest, look) => {
    const { waitSeconds, remaining } = look.bucket;
    const isTighter =
      waitSeconds > (tightest?.bucket.waitSeconds ?? 0) ||
      (tightest?.bucket.waitSeconds === 0 && remaining < tightest.bucket.remaining);
    return isTighter ? look : tightest;
  }, first);
}
