/** Ways between programs that lose, delay and reorder what they carry, and that can be clogged. */

import type { VirtualTime } from "../virtual-time.ts";

export type Link = {
  /**
   * Carries a question there and its answer back. Whatever is under way while the link is clogged is lost, and whoever
   * waits for it learns that when the link is open again.
   */
  readonly carry: <Answer>(work: () => Promise<Answer>, signal?: AbortSignal | null) => Promise<Answer>;
  readonly clog: () => void;
  readonly open: () => void;
  readonly isClogged: () => boolean;
  /** Until when it was clogged or lost anything, the last time; -Infinity if it never was. */
  readonly brokenUntil: () => number;
};

export type LinkParts = {
  readonly time: VirtualTime;
  readonly random: () => number;
  /** Nothing is lost any more. */
  readonly isOver: () => boolean;
};

export type LinkQuality = {
  readonly longestDelayMilliseconds: number;
  readonly lossShare: number;
};

const resetAfterMilliseconds = 2_000;

export function createLink(
  { time, random, isOver }: LinkParts,
  { longestDelayMilliseconds, lossShare }: LinkQuality,
): Link {
  let clogged: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  let lastBroken = Number.NEGATIVE_INFINITY;
  const pass = async (): Promise<void> => {
    const isLost = random() < lossShare && !isOver();
    if (random() < 0.5) await time.sleep(random() * longestDelayMilliseconds);
    if (isLost) {
      lastBroken = Math.max(lastBroken, time.now() + resetAfterMilliseconds);
      await time.sleep(resetAfterMilliseconds);
    }
    const wasClogged = clogged !== undefined;
    if (clogged !== undefined) await clogged.opened;
    if (wasClogged || isLost) throw createReset();
  };
  const carry = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    await pass();
    const answer = await work();
    await pass();
    return answer;
  };
  return {
    carry: (work, signal) => (signal ? untilAborted(carry(work), signal) : carry(work)),
    clog: () => {
      if (clogged !== undefined) return;
      let open = (): void => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      clogged = { opened, open };
    },
    open: () => {
      if (clogged === undefined) return;
      lastBroken = time.now();
      clogged.open();
      clogged = undefined;
    },
    isClogged: () => clogged !== undefined,
    brokenUntil: () => (clogged === undefined ? lastBroken : Number.POSITIVE_INFINITY),
  };
}

function createReset(): TypeError {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  return new TypeError("fetch failed", { cause });
}

function untilAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
