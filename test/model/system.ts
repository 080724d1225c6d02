/** M-04: the real thing beside the model: nodes on one store, and guards that ask them, in virtual time. */

import { createGuard, type Guard } from "@biped/guard";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { Storage } from "../../apps/authorization-server/src/storage/storage.ts";
import { type LocalNode, openLocalNode } from "../local-node.ts";
import { config, createNodeParts, endpoints, issuer, type WorldCredential } from "../simulation/world.ts";
import type { VirtualTime } from "../virtual-time.ts";

export type System = {
  readonly time: VirtualTime;
  readonly nowSeconds: () => number;
  /** The wall clock and all others go forward; no timer runs meanwhile. */
  readonly jump: (seconds: number) => Promise<void>;
  /** Any number names a node. */
  readonly node: (number: number) => LocalNode;
  /** As after SIGKILL, with nothing but the store. Undefined for all at once. */
  readonly restart: (number: number | undefined) => Promise<void>;
  /** So long a change may take to be known everywhere; with one node it is known at once. */
  readonly settle: () => Promise<void>;
  readonly guard: (cloud: string) => Guard;
  /** By place, as the model has them. */
  readonly clientIds: string[];
  readonly secrets: { readonly id: string; readonly text: string }[][];
  readonly tokens: string[];
  readonly stop: () => Promise<void>;
};

export type SystemParts = {
  readonly time: VirtualTime;
  readonly url: string;
  readonly nodeCount: number;
  readonly credentials: readonly WorldCredential[];
  readonly random: () => number;
};

const heardMilliseconds = 1_000;
const longestPollMilliseconds = 14_000;

export async function createSystem(parts: SystemParts): Promise<System> {
  const { time, nodeCount, credentials, random } = parts;
  const clock = { jumpedMilliseconds: 0 };
  const now = (): number => time.now() + clock.jumpedMilliseconds;
  const storages: Storage[] = [];
  const open = async (place: number): Promise<LocalNode> => {
    storages[place] ??= await time.stop(openStorage(parts.url));
    const storage = stopTimeMeanwhile(storages[place], time, now);
    return openLocalNode(storage, config, createNodeParts({ wallMilliseconds: now, steadyMilliseconds: now }, random));
  };
  const nodes: LocalNode[] = [];
  for (let place = 0; place < nodeCount; place += 1) nodes.push(await open(place));
  const node = (number: number): LocalNode => {
    const found = nodes[number % nodes.length];
    if (found === undefined) throw new Error("There is no node.");
    return found;
  };
  const restartOne = async (place: number): Promise<void> => {
    await node(place).stop();
    nodes[place % nodes.length] = await open(place % nodes.length);
  };
  const guards = createGuards(node, { now, random });
  return {
    time,
    node,
    nowSeconds: () => Math.floor(now() / 1000),
    jump: async (seconds) => {
      clock.jumpedMilliseconds += seconds * 1000;
      for (const each of nodes) await each.keyRing.refresh();
      // What is in flight ends by a timer.
      await time.sleep(longestPollMilliseconds);
    },
    restart: async (number) => {
      const places = number === undefined ? nodes.keys() : [number % nodes.length];
      for (const place of [...places]) await restartOne(place);
    },
    settle: async () => {
      if (nodes.length > 1) await time.sleep(heardMilliseconds);
    },
    guard: (cloud) => {
      const guard = guards.get(cloud);
      if (guard === undefined) throw new Error(`There is no guard of ${cloud}.`);
      return guard;
    },
    clientIds: credentials.map(({ clientId }) => clientId),
    secrets: credentials.map(({ secrets }) => [...secrets]),
    tokens: [],
    stop: async () => {
      for (const guard of guards.values()) guard.close();
      for (const each of nodes) await each.stop();
      for (const storage of storages) await time.stop(storage.close());
    },
  };
}

type GuardParts = { readonly now: () => number; readonly random: () => number };

/** Each asks another node each time, as by a balancer. */
function createGuards(node: (number: number) => LocalNode, { now, random }: GuardParts): ReadonlyMap<string, Guard> {
  let asked = 0;
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    asked += 1;
    return node(asked).fetch(url, init);
  };
  return new Map(
    Object.entries(endpoints).map(([cloud, endpoint], index) => {
      const clocks = { nowSeconds: () => now() / 1000, monotonicSeconds: () => now() / 1000, random };
      const options = index === 0 ? { revocations: { mode: "closed" } as const } : { cache: { maxEntries: 100 } };
      return [cloud, createGuard({ issuer, endpoint, fetch, ...clocks, ...options })];
    }),
  );
}

/** Whatever the store takes, takes no time; and its clock is that of the run. */
function stopTimeMeanwhile(storage: Storage, time: VirtualTime, now: () => number): Storage {
  const listen: Storage["listenForChanges"] = async (...given) => {
    const end = await time.stop(storage.listenForChanges(...given));
    return () => time.stop(end());
  };
  const timed = new Proxy(storage, {
    get: (target, name) => {
      if (name === "readClock") return async () => now();
      if (name === "listenForChanges") return listen;
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...given: readonly unknown[]) => time.stop(Promise.resolve(Reflect.apply(method, target, given)));
    },
  });
  return { ...timed };
}
