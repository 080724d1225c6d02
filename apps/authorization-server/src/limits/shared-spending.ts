import type { SharedCounts } from "./shared-counts.ts";
import type { Buckets } from "./token-bucket.ts";

/** What this node spends of budgets that all nodes share, and what the others do: one bucket, with a second's delay. */
export type SharedSpending = {
  readonly note: (key: string) => void;
  readonly share: () => Promise<void>;
};

export type SharedSpendingParts = {
  readonly counts: SharedCounts;
  readonly buckets: Pick<Buckets, "charge" | "look">;
  readonly name: string;
  readonly perSecond: number;
};

/** Whoever stays below a tenth of the budget on each of ten nodes stays below the budget: nobody is told of it. */
const toldPart = 0.1;

export function createSharedSpending({ counts, buckets, name, perSecond }: SharedSpendingParts): SharedSpending {
  let spent = new Map<string, number>();
  let totals: ReadonlyMap<string, number> = new Map();
  const tell = async (key: string, own: number): Promise<readonly [string, number] | undefined> => {
    const told = await counts.add(`${name} ${key}`, own);
    if (told === undefined) return undefined;
    const before = totals.get(key);
    // Without a total of the second before nobody knows when the others spent theirs; a lower one is of a new window.
    if (before !== undefined) buckets.charge(key, Math.max(0, told.total - own - (told.total < before ? 0 : before)));
    return [key, told.total];
  };
  return {
    note: (key) => void spent.set(key, (spent.get(key) ?? 0) + 1),
    share: async () => {
      // Also those that were told of before and are not full again: they may wait for what others spent.
      const waiting = [...totals.keys()].filter((key) => buckets.look(key).fullInSeconds > 0);
      const batch = new Map(waiting.map((key) => [key, spent.get(key) ?? 0]));
      for (const [key, own] of spent) if (own >= perSecond * toldPart) batch.set(key, own);
      spent = new Map();
      const told = await Promise.all([...batch].map(([key, own]) => tell(key, own)));
      totals = new Map(told.filter((entry) => entry !== undefined));
    },
  };
}
