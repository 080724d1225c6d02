/**
 * The hash chain of the audit log: what the server links events by, and whoever holds an export checks them with.
 * It needs nothing of either.
 */

import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import { auditEvent, type SignedAuditHead, signedHead } from "./contract/audit-log.ts";

/**
 * Who did what, without secrets: what the hash of an event covers, beside its sequence and all events before it. Times
 * are epoch seconds.
 */
export type AuditEntry = {
  readonly at: number;
  /** `operator`, `system`, `administrator:…`, `access-token:…` or `credential:…`. */
  readonly actor: string;
  /** A noun and a past participle: `credential.created`; with a verb, what a cloud was asked to do: `export-job.create`. */
  readonly action: string;
  /** The noun and the id of what changed: `credential:c3133d76-…`. */
  readonly subject: string;
  readonly accountId: number | undefined;
  readonly requestId: string | undefined;
  /** IP address; undefined for what no request asked for. */
  readonly source: string | undefined;
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly after: Readonly<Record<string, unknown>> | undefined;
};

/** The place of an event in the chain; of the last one, the head of the chain. */
export type AuditLink = { readonly sequence: number; readonly hash: string };

export type AuditEvent = AuditEntry & AuditLink;

/** What stands for the hash of an event before the first. */
export const firstHash: string = "0".repeat(64);

/** The head of a chain that has no event yet. */
export const chainStart: AuditLink = { sequence: 0, hash: firstHash };

/** The link of an event that follows `former`: SHA-256 over the former hash and the event's canonical text. */
export function linkAuditEntry(former: AuditLink, entry: AuditEntry): AuditLink {
  const sequence = former.sequence + 1;
  const text = `${former.hash}\n${formatAuditEntry(sequence, entry)}`;
  return { sequence, hash: createHash("sha256").update(text).digest("hex") };
}

/**
 * One text for one event, whichever the order of its members: a JSON array, and objects with sorted names. The source
 * is a tenth element where there is one, so that events from before it was kept have the hash they had.
 */
export function formatAuditEntry(sequence: number, entry: AuditEntry): string {
  const { at, actor, action, subject, accountId, requestId, source, before, after } = entry;
  const always = [sequence, at, actor, action, subject, accountId, requestId, before, after];
  return formatCanonicalJson(source === undefined ? always : [...always, source]);
}

/** JSON with the names of every object sorted, so that reading it back and writing it again gives the same text. */
export function formatCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}

export type ChainFault = {
  readonly sequence: number;
  readonly reason:
    | "missing or out of order"
    | "altered"
    | "not the event of a signed head"
    | "before a signed head, and the log ends there";
};

/** Takes the events of a chain one by one, so that no log is too long to be verified. */
export type ChainWalk = {
  /** The fault that this event shows. Nothing after a fault means anything. */
  readonly add: (event: AuditEvent) => ChainFault | undefined;
  /** The last event that was added. */
  readonly last: () => AuditLink;
};

/** @param start The last event before the first that will be added. */
export function createChainWalk(start: AuditLink = chainStart): ChainWalk {
  let last = start;
  return {
    add: (event) => {
      const link = linkAuditEntry(last, event);
      if (event.sequence !== link.sequence) return { sequence: link.sequence, reason: "missing or out of order" };
      if (event.hash !== link.hash) return { sequence: link.sequence, reason: "altered" };
      last = link;
      return undefined;
    },
    last: () => last,
  };
}

/** What is wrong if the chain that ends with `last` should end with `head`. */
export function compareWithHead(last: AuditLink, head: AuditLink): ChainFault | undefined {
  if (head.sequence !== last.sequence) {
    return { sequence: Math.min(head.sequence, last.sequence) + 1, reason: "missing or out of order" };
  }
  return head.hash === last.hash ? undefined : { sequence: last.sequence, reason: "altered" };
}

export type ChainBounds = {
  /** The last event before the first of `events`; the start of the chain if nothing is said. */
  readonly start?: AuditLink;
  /** The last event that was stored, without which a missing end goes unnoticed. */
  readonly head?: AuditLink;
};

/**
 * The first event that is not as it was stored, or undefined if all are. It does not find a chain that somebody
 * wrote anew from some event to the head: for that, compare the head with a copy kept elsewhere.
 */
export function verifyAuditChain(events: readonly AuditEvent[], bounds: ChainBounds = {}): ChainFault | undefined {
  const walk = createChainWalk(bounds.start);
  for (const event of events) {
    const fault = walk.add(event);
    if (fault !== undefined) return fault;
  }
  return bounds.head === undefined ? undefined : compareWithHead(walk.last(), bounds.head);
}

export type AuditLogToVerify = {
  /** From the first on. */
  readonly events: AsyncIterable<AuditEvent> | Iterable<AuditEvent>;
  /** Kept outside of the log at earlier times, in any order. */
  readonly heads: readonly AuditLink[];
  /** Asked before the first and after the last event, so that changes meanwhile are no faults. Absent for a file. */
  readonly findHead?: () => Promise<AuditLink>;
};

export type AuditVerification = {
  /** How many events follow from each other, up to the fault if there is one. */
  readonly events: number;
  readonly last: AuditLink;
  readonly fault: ChainFault | undefined;
};

/** A whole log against its own head and all that were kept; the first fault if there is one. */
export async function verifyAuditLog({ events, heads, findHead }: AuditLogToVerify): Promise<AuditVerification> {
  const walk = createChainWalk();
  const isAsKept = createHeadCheck(heads);
  const finish = (fault: ChainFault | undefined): AuditVerification => {
    return { events: walk.last().sequence, last: walk.last(), fault };
  };
  const present = await findHead?.();
  if (!isAsKept(chainStart)) return finish({ sequence: 0, reason: "not the event of a signed head" });
  for await (const event of events) {
    const fault = walk.add(event);
    if (fault !== undefined) return finish(fault);
    const { sequence } = event;
    if (!isAsKept(event)) return finish({ sequence, reason: "not the event of a signed head" });
    if (sequence === present?.sequence && event.hash !== present.hash) return finish({ sequence, reason: "altered" });
  }
  return finish(findMissingEnd(walk.last(), { heads, present, later: await findHead?.() }));
}

/** Whether an event has the hash that every head of its sequence says. */
function createHeadCheck(heads: readonly AuditLink[]): (link: AuditLink) => boolean {
  const hashes = new Map<number, Set<string>>();
  for (const { sequence, hash } of heads) hashes.set(sequence, (hashes.get(sequence) ?? new Set()).add(hash));
  return ({ sequence, hash }) => {
    const kept = hashes.get(sequence);
    return kept === undefined || (kept.size === 1 && kept.has(hash));
  };
}

type Ends = {
  readonly heads: readonly AuditLink[];
  /** The log's own head before the first event was read. */
  readonly present: AuditLink | undefined;
  /** And after the last one. */
  readonly later: AuditLink | undefined;
};

function findMissingEnd(last: AuditLink, { heads, present, later }: Ends): ChainFault | undefined {
  if (heads.some(({ sequence }) => sequence > last.sequence)) {
    return { sequence: last.sequence + 1, reason: "before a signed head, and the log ends there" };
  }
  if (present !== undefined && present.sequence > last.sequence) return compareWithHead(last, present);
  // An event that no head ever covered was not stored by the server.
  return later !== undefined && later.sequence <= last.sequence ? compareWithHead(last, later) : undefined;
}

/** What the signature of a head is over. */
export function formatHeadText({ sequence, hash, at }: Pick<SignedAuditHead, "sequence" | "hash" | "at">): string {
  return ["biped-audit-head", sequence, hash, at].join("\n");
}

/** Whether the key that a head names has signed it. It does not tell whose key that is: compare it with one you know. */
export function isHeadSigned(head: SignedAuditHead): boolean {
  const key = readPublicKey(head.publicKey);
  const signature = Buffer.from(head.signature, "base64url");
  return key?.asymmetricKeyType === "ed25519" && verify(null, Buffer.from(formatHeadText(head)), key, signature);
}

function readPublicKey(base64: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** One line of a file of heads; undefined for what is none. */
export function parseSignedHead(line: string): SignedAuditHead | undefined {
  return z.strictObject(signedHead.shape).safeParse(parseJson(line)).data;
}

/** As they are: a schema of records would drop `__proto__`, which the hash covers. */
const members = z
  .custom<Readonly<Record<string, unknown>>>((value) => typeof value === "object" && !Array.isArray(value))
  .nullable();

/** All members of an exported event are covered by its hash, and there are no others. */
const exportedEvent = z.strictObject({
  ...auditEvent.omit({ actorName: true }).shape,
  before: members,
  after: members,
});

/** One line of a JSONL export; undefined for what is none. */
export function parseExportedEvent(line: string): AuditEvent | undefined {
  const read = exportedEvent.safeParse(parseJson(line)).data;
  if (read === undefined) return undefined;
  return {
    ...read,
    at: Date.parse(read.at) / 1000,
    accountId: read.accountId ?? undefined,
    requestId: read.requestId ?? undefined,
    source: read.source ?? undefined,
    before: read.before ?? undefined,
    after: read.after ?? undefined,
  };
}

/** One line of a JSONL export: canonical, and free of what some readers take for the end of a line. */
export function formatExportedEvent(event: AuditEvent): string {
  const { sequence, at, actor, action, subject, hash } = event;
  const { accountId = null, requestId = null, source = null, before = null, after = null } = event;
  const instant = new Date(at * 1000).toISOString().replace(".000Z", "Z");
  const always = { sequence, at: instant, actor, action, subject, hash };
  const text = formatCanonicalJson({ ...always, accountId, requestId, source, before, after });
  return text.replace(/[\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
