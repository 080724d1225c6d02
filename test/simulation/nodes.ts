/** The nodes of a run: each over its own link to the store, with a clock of its own, and ended and started again. */

import { type LocalNode, openLocalNode } from "../local-node.ts";
import type { VirtualTime } from "../virtual-time.ts";
import { createLink, type Link } from "./links.ts";
import { createNodeStorage, type SharedStore } from "./store.ts";
import { config, createNodeParts } from "./world.ts";

export type SimulatedNode = {
  readonly name: string;
  readonly storeLink: Link;
  /** Undefined while it is down. */
  readonly current: () => LocalNode | undefined;
  /** In one life; another one has another number. */
  readonly life: () => number;
  readonly start: () => Promise<void>;
  /** As by SIGKILL. */
  readonly kill: () => void;
  /** Until when it was down or cut from the store the last time. */
  readonly impairedUntil: () => number;
};

export type NodeParts = {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly shared: SharedStore;
  readonly isOver: () => boolean;
};

const storeQuality = { longestDelayMilliseconds: 4, lossShare: 0.002 };
const skews = [0, 0, 1_500, -1_500, 40_000, -290_000];

export function createSimulatedNode(name: string, { time, random, shared, isOver }: NodeParts): SimulatedNode {
  const storeLink = createLink({ time, random, isOver }, storeQuality);
  const skew = skews[Math.floor(random() * skews.length)] ?? 0;
  // Of one node in three no notification arrives; those of another one may be three seconds late.
  const hearing = Math.floor(random() * 3);
  const notifyMilliseconds = (): number | undefined => [undefined, random() * 3_000, random() * 5][hearing];
  let life = 0;
  let current: LocalNode | undefined;
  let upSince = 0;
  const start = async (): Promise<void> => {
    life += 1;
    const own = life;
    const isAlive = (): boolean => life === own;
    const storage = createNodeStorage({ shared, link: storeLink, time, notifyMilliseconds, isAlive });
    const clocks = { wallMilliseconds: () => time.now() + skew, steadyMilliseconds: time.now };
    for (;;) {
      try {
        const opened = await openLocalNode(storage, config, createNodeParts(clocks, random));
        if (!isAlive()) return void opened.stop();
        current = opened;
        upSince = time.now();
        return;
      } catch {
        // The store is away: whoever watches over the process starts it again.
        await time.sleep(500);
        if (!isAlive()) return;
      }
    }
  };
  return {
    name,
    storeLink,
    current: () => current,
    life: () => life,
    start,
    kill: () => {
      life += 1;
      void current?.stop();
      current = undefined;
    },
    impairedUntil: () =>
      current === undefined ? Number.POSITIVE_INFINITY : Math.max(upSince, storeLink.brokenUntil()),
  };
}
