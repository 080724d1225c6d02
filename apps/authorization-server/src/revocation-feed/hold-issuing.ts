import type { RevocationFeed } from "./revocation-feed.ts";

export type HoldParts = {
  readonly feed: Pick<RevocationFeed, "notBefore">;
  readonly nowSeconds: () => number;
};

/** Before a token is issued: until it would not be void from the start. Undefined, nearly always, where it is not. */
export type HoldIssuing = () => Promise<void> | undefined;

/** A second for the cut-off, and two by which the clocks of two nodes may differ. */
const longestMilliseconds = 3_000;
const stepMilliseconds = 50;

/** "Everything before T" may name the next second, so that no token of this one is left out. */
export function createHoldIssuing({ feed, nowSeconds }: HoldParts): HoldIssuing {
  const isVoid = (): boolean => nowSeconds() < feed.notBefore();
  const hold = async (): Promise<void> => {
    for (let held = 0; held < longestMilliseconds && isVoid(); held += stepMilliseconds) {
      await new Promise((resolve) => setTimeout(resolve, stepMilliseconds));
    }
  };
  return () => (isVoid() ? hold() : undefined);
}
