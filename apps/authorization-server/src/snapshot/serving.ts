import { StoreUnavailable } from "@biped/database";
import type { Log } from "@biped/listener";
import type { Lookup } from "../credentials/client-directory.ts";
import type { Snapshot } from "./snapshot.ts";

/** Undefined where these facts do not allow it. */
export type AllowFrom<Decision> = (lookup: Lookup) => Promise<Decision | undefined>;

export type ServingParts = Pick<Snapshot, "mayServe"> & { readonly log: Log; readonly lookup: Lookup };

export type Serving = Pick<Snapshot, "decide" | "countAllowed"> & {
  /** The store was heard of, and is asked first from now on. */
  readonly end: () => void;
};

export function createServing({ log, mayServe, lookup }: ServingParts): Serving {
  /** Nobody waits for a store that is known to be away. */
  let isServing = false;
  let allowed = 0;
  const end = (): void => {
    if (isServing) log.warn("the snapshot serves no more", { count: allowed });
    isServing = false;
  };
  const allow = async <Decision>(byCopy: AllowFrom<Decision>): Promise<Decision | undefined> => {
    if (!mayServe()) {
      end();
      return undefined;
    }
    if (!isServing) log.warn("the store is away and the snapshot serves");
    isServing = true;
    const decision = await byCopy(lookup);
    if (decision !== undefined) allowed += 1;
    return decision;
  };
  const decide: Snapshot["decide"] = async (byStore, byCopy) => {
    const first = isServing ? await allow(byCopy) : undefined;
    if (first !== undefined) return first;
    try {
      return await byStore();
    } catch (error) {
      const decision = error instanceof StoreUnavailable ? await allow(byCopy) : undefined;
      if (decision === undefined) throw error;
      return decision;
    }
  };
  return { decide, end, countAllowed: () => allowed };
}
