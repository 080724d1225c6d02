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
  for await (const page of readBack(storage, { before, since })) {
    found.push(...page.filter((event) => event.at > since && readRevocation(event) !== undefined));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** Pages of the log, newest first, up to one that is all of `since` or before: times follow sequences only roughly. */
export async function* readBack(
  storage: Pick<Storage, "pageAuditEvents">,
  { before, since }: { readonly before: number | undefined; readonly since: number },
): AsyncGenerator<readonly AuditEvent[], void, undefined> {
  for (let place = before; ; ) {
    const page = await storage.pageAuditEvents("every account", {}, { limit: pageLength, before: place });
    yield page;
    if (page.length < pageLength || page.every(({ at }) => at <= since)) return;
    place = page.at(-1)?.sequence;
  }
}
