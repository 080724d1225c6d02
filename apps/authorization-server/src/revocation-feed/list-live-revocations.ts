import { accessTokenLifetimeSeconds } from "@biped/protocol";
import type { AuditEvent, Storage } from "../storage/storage.ts";
import { readRevocation } from "./read-revocation.ts";

/** The life of a token, and what a guard may tolerate of a clock: so long a revocation is in the feed. */
export const revocationSeconds = accessTokenLifetimeSeconds + 300;

const pageLength = 500;

export type LivePage = {
  readonly limit: number;
  /** Those with a lower sequence; undefined for the newest. */
  readonly before: number | undefined;
  readonly nowSeconds: number;
};

/** The audit events that took something back and may still concern a token that lives, newest first. */
export async function listLiveRevocations(
  storage: Pick<Storage, "pageAuditEvents">,
  { limit, before, nowSeconds }: LivePage,
): Promise<readonly AuditEvent[]> {
  const since = nowSeconds - revocationSeconds;
  const found: AuditEvent[] = [];
  for (let place = before; ; ) {
    const page = await storage.pageAuditEvents("every account", {}, { limit: pageLength, before: place });
    found.push(...page.filter((event) => event.at > since && readRevocation(event) !== undefined));
    const last = page.at(-1);
    if (last === undefined || page.length < pageLength || last.at <= since || found.length >= limit) {
      return found.slice(0, limit);
    }
    place = last.sequence;
  }
}
