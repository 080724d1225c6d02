import type { Log } from "@biped/listener";
import { inTurn } from "../in-turn.ts";
import type { Storage } from "../storage/storage.ts";

/** What a flush did: whatever could not be written is kept for the next one. */
export type Flushed = "nothing to write" | "written" | "kept";

export type UsageReports = {
  /** Never rejects: where nothing can be written, a full disk, the first flush that can begins. */
  readonly begin: () => Promise<void>;
  /** Writes what was counted, and then that it is written. Never rejects: the next turn tries again. */
  readonly flush: () => Promise<void>;
  /** The last flush. A node whose counts are all stored leaves no gap behind. */
  readonly end: () => Promise<void>;
};

export type UsageReportParts = {
  readonly storage: Pick<Storage, "beginUsageNode" | "touchUsageNode" | "endUsageNode" | "recordUsageGap">;
  /** Of this process alone: another id each time. */
  readonly nodeId: string;
  readonly counters: readonly { readonly flush: () => Promise<Flushed> }[];
  /** Refusals that came too fast to be told apart, since the start. */
  readonly lostRefusals: () => number;
  readonly nowSeconds: () => number;
  readonly monotonicSeconds: () => number;
  readonly log: Log;
};

/** A node without anything to count says at least so often that it lives. */
const idleSeconds = 10;

/**
 * Tells the store until when this node's counts are complete. One that is killed says nothing more, and the others, or
 * its successor, mark from when to when counts may be missing: those of a last second, at most.
 */
export function createUsageReports(parts: UsageReportParts): UsageReports {
  const { storage, nodeId, nowSeconds, log } = parts;
  const startedAt = nowSeconds();
  const report = createReport(parts, startedAt);
  let isToBegin = false;
  const begin = async (): Promise<void> => {
    isToBegin = true;
    await storage.beginUsageNode({ nodeId, startedAt, flushedAt: startedAt });
    isToBegin = false;
  };
  const reportQuietly = async (): Promise<Flushed> => {
    try {
      if (isToBegin) await begin();
      return await report();
    } catch (error) {
      log.warn("it could not be written that counts are complete", { error });
      return "kept";
    }
  };
  const reportInTurn = inTurn(reportQuietly);
  return {
    begin: () => begin().catch((error: unknown) => log.warn("it could not be written that a node began", { error })),
    flush: async () => {
      await reportInTurn();
    },
    end: async () => {
      if ((await reportInTurn()) !== "kept") await storage.endUsageNode(nodeId);
    },
  };
}

function createReport(parts: UsageReportParts, startedAt: number): () => Promise<Flushed> {
  const { storage, nodeId, counters, lostRefusals, nowSeconds, monotonicSeconds } = parts;
  let flushedAt = startedAt;
  let toldAtSeconds = monotonicSeconds();
  let toldLost = 0;
  const tellLost = async (until: number): Promise<void> => {
    const lost = lostRefusals();
    if (lost === toldLost) return;
    await storage.recordUsageGap({ nodeId, from: Math.min(flushedAt, until), until, cause: "too many refusals" });
    toldLost = lost;
  };
  return async () => {
    // What is counted while the counts are being written is not in them.
    const at = nowSeconds();
    const flushed = await flushAll(counters);
    if (flushed === "kept") return flushed;
    await tellLost(at);
    if (flushed === "nothing to write" && monotonicSeconds() - toldAtSeconds < idleSeconds) return flushed;
    await storage.touchUsageNode({ nodeId, startedAt, flushedAt: at });
    flushedAt = at;
    toldAtSeconds = monotonicSeconds();
    return flushed;
  };
}

async function flushAll(counters: UsageReportParts["counters"]): Promise<Flushed> {
  let all: Flushed = "nothing to write";
  for (const { flush } of counters) {
    const flushed = await flush();
    if (flushed === "kept" || all === "nothing to write") all = flushed;
  }
  return all;
}
