import { BlockList, isIPv4 } from "node:net";
import type { Credential } from "../storage.ts";

type Rights = Pick<Credential, "state" | "scopes" | "allowedRanges" | "expiresAt">;

/** Of an account or a project, only a disabling takes something away. */
export function isDisabling(former: Pick<Rights, "state">, next: Pick<Rights, "state">): boolean {
  return former.state === "enabled" && next.state === "disabled";
}

/** Whether a change leaves less than there was, so that tokens from before it must not live on. */
export function takesAway(former: Rights, next: Rights): boolean {
  return (
    isDisabling(former, next) ||
    former.scopes.some((scope) => !next.scopes.includes(scope)) ||
    (next.expiresAt ?? Number.POSITIVE_INFINITY) < (former.expiresAt ?? Number.POSITIVE_INFINITY) ||
    isNarrower(former.allowedRanges, next.allowedRanges)
  );
}

/** No range at all is every address. A range that several others cover only together counts as taken away. */
function isNarrower(former: readonly string[], next: readonly string[]): boolean {
  if (next.length === 0) return false;
  return former.length === 0 || former.some((range) => !next.some((wider) => covers(wider, range)));
}

function covers(wider: string, range: string): boolean {
  const [outer, inner] = [parseRange(wider), parseRange(range)];
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

function parseRange(range: string) {
  const [address = "", prefix] = range.split("/");
  return { address, prefix: Number(prefix), family: isIPv4(address) ? "ipv4" : "ipv6" } as const;
}
