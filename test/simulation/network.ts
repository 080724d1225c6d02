/** Links from whoever asks to each node, and a balancer that chooses the node. */

import type { VirtualTime } from "../virtual-time.ts";
import { createLink, type Link } from "./links.ts";
import type { SimulatedNode } from "./nodes.ts";

export type Network = {
  /** A way to the public listeners for one who asks, as `fetch`. */
  readonly connect: () => Way;
};

export type Way = {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly links: readonly Link[];
};

export type NetworkParts = {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly draw: <Item>(items: readonly Item[]) => Item;
  readonly nodes: readonly SimulatedNode[];
  readonly isOver: () => boolean;
};

const quality = { longestDelayMilliseconds: 30, lossShare: 0.005 };
/** After so long a balancer has noticed that a node is not ready. */
const noticeMilliseconds = 2_000;

export function createNetwork({ time, random, draw, nodes, isOver }: NetworkParts): Network {
  const notReadySince = new Map<SimulatedNode, number>();
  const isServing = (node: SimulatedNode): boolean => {
    const isReady = node.current() !== undefined && !node.storeLink.isClogged();
    if (isReady) notReadySince.delete(node);
    else if (!notReadySince.has(node)) notReadySince.set(node, time.now());
    return time.now() < (notReadySince.get(node) ?? Number.POSITIVE_INFINITY) + noticeMilliseconds;
  };
  const connect = (): Way => {
    const links = new Map(nodes.map((node) => [node, createLink({ time, random, isOver }, quality)]));
    const send: Way["fetch"] = async (url, init) => {
      const serving = nodes.filter(isServing);
      const node = draw(serving.length === 0 ? nodes : serving);
      const link = links.get(node);
      const asked = node.current();
      const life = node.life();
      if (link === undefined || asked === undefined) throw createRefused();
      const answer = await link.carry(() => asked.fetch(url, init), init?.signal);
      if (node.life() !== life) throw createRefused();
      return answer;
    };
    return { fetch: send, links: [...links.values()] };
  };
  return { connect };
}

function createRefused(): TypeError {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  return new TypeError("fetch failed", { cause });
}
