import { createHash } from "node:crypto";
import type { AuditEntry, AuditEvent, AuditHead } from "./storage.ts";

/** What stands for the hash of an event before the first. */
export const firstHash = "0".repeat(64);

/** The head of a chain that has no event yet. */
export const chainStart: AuditHead = { sequence: 0, hash: firstHash };

/** The link of an event that follows `former`: SHA-256 over the former hash and the event's canonical text. */
export function linkAuditEntry(former: AuditHead, entry: AuditEntry): AuditHead {
  const sequence = former.sequence + 1;
  const text = `${former.hash}\n${formatAuditEntry(sequence, entry)}`;
  return { sequence, hash: createHash("sha256").update(text).digest("hex") };
}

/** One text for one event, whichever the order of its members: a JSON array, and objects with sorted names. */
export function formatAuditEntry(sequence: number, entry: AuditEntry): string {
  const { at, actor, action, subject, accountId, requestId, before, after } = entry;
  return formatCanonicalJson([sequence, at, actor, action, subject, accountId, requestId, before, after]);
}

/** JSON with the names of every object sorted, so that reading it back and writing it again gives the same text. */
export function formatCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}

export type ChainFault = { readonly sequence: number; readonly reason: "missing or out of order" | "altered" };

export type ChainBounds = {
  /** The last event before the first of `events`; the start of the chain if nothing is said. */
  readonly start?: AuditHead;
  /** The last event that was stored, without which a missing end goes unnoticed. */
  readonly head?: AuditHead;
};

/**
 * The first event that is not as it was stored, or undefined if all are. It does not find a chain that somebody
 * wrote anew from some event to the head: for that, compare the head with a copy kept elsewhere.
 */
export function verifyAuditChain(events: readonly AuditEvent[], bounds: ChainBounds = {}): ChainFault | undefined {
  let last = bounds.start ?? chainStart;
  for (const event of events) {
    const link = linkAuditEntry(last, event);
    if (event.sequence !== link.sequence) return { sequence: link.sequence, reason: "missing or out of order" };
    if (event.hash !== link.hash) return { sequence: link.sequence, reason: "altered" };
    last = link;
  }
  const { head } = bounds;
  if (head === undefined) return undefined;
  if (head.sequence !== last.sequence) return { sequence: last.sequence + 1, reason: "missing or out of order" };
  return head.hash === last.hash ? undefined : { sequence: last.sequence, reason: "altered" };
}
