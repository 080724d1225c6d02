import { formatAddress } from "@biped/listener";
import type { Refusal } from "@biped/protocol";
import { refuseRate } from "./refuse-rate.ts";
import type { SharedCounts } from "./shared-counts.ts";
import { createBuckets } from "./token-bucket.ts";

/** Counts failed authentications. Successes are never touched: a 429 only ever replaces a 401. */
export type FailureLimit = {
  /** @returns the refusal that takes the place of the 401, or undefined within the limits. */
  readonly count: (clientId: string, source: string) => Promise<Refusal | undefined>;
};

const windowSeconds = 60;
const quotas = { source: 60, pair: 10 } as const;

/** @param shared What the nodes count together, if they do. Each also counts by itself, and both have to be content. */
export function createFailureLimit(monotonicSeconds: () => number, shared?: SharedCounts): FailureLimit {
  const own = {
    source: createBuckets({ capacity: quotas.source, perSecond: quotas.source / windowSeconds }, monotonicSeconds),
    pair: createBuckets({ capacity: quotas.pair, perSecond: quotas.pair / windowSeconds }, monotonicSeconds),
  };
  const refuseIf = (kind: keyof typeof quotas, waitSeconds: number): Refusal | undefined =>
    waitSeconds > 0 ? refuseRate({ name: "auth-fail", quota: quotas[kind], windowSeconds, waitSeconds }) : undefined;
  const findSharedWait = async (kind: keyof typeof quotas, key: string): Promise<number> => {
    const count = await shared?.add(`${kind} ${key}`, 1);
    return count !== undefined && count.total > quotas[kind] ? Math.max(1, count.resetSeconds) : 0;
  };
  return {
    count: async (clientId, source) => {
      const network = formatNetwork(source);
      const pair = `${network} ${clientId}`;
      const waits = { source: own.source.take(network), pair: own.pair.take(pair) };
      const refusal = refuseIf("source", waits.source) ?? refuseIf("pair", waits.pair);
      if (refusal !== undefined || shared === undefined) return refusal;
      const [bySource, byPair] = await Promise.all([findSharedWait("source", network), findSharedWait("pair", pair)]);
      return refuseIf("source", bySource) ?? refuseIf("pair", byPair);
    },
  };
}

/** A holder of IPv6 addresses has at least a /64 of them; an IPv4 address stands for itself. */
export function formatNetwork(source: string): string {
  const address = formatAddress(source) ?? "";
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const [start, end] = [splitGroups(head), splitGroups(tail)];
  const gap = Array<string>(8 - start.length - end.length).fill("0");
  return `${[...start, ...gap, ...end].slice(0, 4).join(":")}::/64`;
}

/** The octets at the end of an address such as ::192.0.2.7 stand for two groups. */
function splitGroups(text: string): readonly string[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}
