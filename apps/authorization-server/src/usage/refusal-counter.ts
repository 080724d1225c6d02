import type { Log } from "@biped/listener";
import { inTurn } from "../in-turn.ts";
import type { Storage } from "../storage/storage.ts";
import type { RefusalCount } from "../storage/views.ts";
import type { Flushed } from "./usage-reports.ts";

/** Counts refusals in memory and writes them in batches, so that a flood of them writes no faster. */
export type RefusalCounter = {
  readonly count: (refusal: Omit<RefusalCount, "count">) => void;
  /** Writes what has been counted, one batch after the other. On failure it is kept for the next time. */
  readonly flush: () => Promise<Flushed>;
  /** Rows that are not written yet. */
  readonly pendingRows: () => number;
  /** Refusals that came too fast to be told apart, since the start. */
  readonly lost: () => number;
};

/** Rows that a flood from many addresses can make between two batches; what is beyond is counted by reason alone. */
const maxRows = 10_000;
const batchLength = 500;

/** A crash loses what was counted since the last flush: a second at most. */
export function createRefusalCounter(
  storage: Pick<Storage, "recordRefusals">,
  log: Log,
  onRefused: (reason: string) => void = () => {},
): RefusalCounter {
  let pending = new Map<string, RefusalCount>();
  let gap = 0;
  let lost = 0;
  const add = (refusal: RefusalCount): void => {
    const isRoom = pending.size < maxRows || pending.has(formatKey(refusal));
    if (!isRoom && refusal.clientId !== undefined) gap += refusal.count;
    const told = isRoom ? refusal : withoutClient(refusal);
    const key = formatKey(told);
    const { at, count } = pending.get(key) ?? { at: 0, count: 0 };
    pending.set(key, { ...told, at: Math.max(told.at, at), count: told.count + count });
  };
  const write = async (): Promise<Flushed> => {
    if (gap > 0) log.warn("refusals were too many to be told apart", { count: gap });
    lost += gap;
    gap = 0;
    const rows = [...pending.values()];
    if (rows.length === 0) return "nothing to write";
    pending = new Map();
    for (let start = 0; start < rows.length; start += batchLength) {
      try {
        await storage.recordRefusals(rows.slice(start, start + batchLength));
      } catch (error) {
        log.warn("refusal counts could not be written", { count: rows.length - start, error });
        rows.slice(start).forEach(add);
        return "kept";
      }
    }
    return "written";
  };
  return {
    count: (refusal) => {
      onRefused(refusal.reason);
      const counted = { ...refusal, count: 1 };
      add(counted.clientId === undefined ? withoutClient(counted) : counted);
    },
    flush: inTurn(write),
    pendingRows: () => pending.size,
    lost: () => lost,
  };
}

function formatKey({ clientId = "", reason, source }: RefusalCount): string {
  return [clientId, reason, source].join("\n");
}

/** Nothing but the reason is kept, whoever asked, and from wherever: that is no more rows than there are reasons. */
function withoutClient(refusal: RefusalCount): RefusalCount {
  return { ...refusal, clientId: undefined, source: "" };
}
