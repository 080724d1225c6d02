import { formatAddress } from "@biped/listener";
import type { Refusal } from "@biped/protocol";
import { refuseRate } from "./refuse-rate.ts";
import { createBuckets } from "./token-bucket.ts";

/** Counts failed authentications. Successes are never touched: a 429 only ever replaces a 401. */
export type FailureLimit = {
  /** @returns the refusal that takes the place of the 401, or undefined within the limits. */
  readonly count: (clientId: string, source: string) => Refusal | undefined;
};

const perCredentialAndSource = { capacity: 10, perSecond: 10 / 60 };
const perSource = { capacity: 60, perSecond: 60 / 60 };

export function createFailureLimit(monotonicSeconds: () => number): FailureLimit {
  const pairs = createBuckets(perCredentialAndSource, monotonicSeconds);
  const sources = createBuckets(perSource, monotonicSeconds);
  return {
    count: (clientId, source) => {
      const network = formatNetwork(source);
      const waits = [sources.take(network), pairs.take(`${network} ${clientId}`)];
      const [bySource = 0, byPair = 0] = waits;
      if (bySource > 0) return refuseRate({ name: "auth-fail", quota: 60, windowSeconds: 60, waitSeconds: bySource });
      if (byPair > 0) return refuseRate({ name: "auth-fail", quota: 10, windowSeconds: 60, waitSeconds: byPair });
      return undefined;
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
