import { revocationsKeptSeconds } from "@biped/protocol";
import type { KeyEncryptionKey } from "../signing/envelope.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { AuditEvent, AuditHead, Storage } from "../storage/storage.ts";
import { readBack, revocationSeconds } from "./list-live-revocations.ts";
import { createLiveRevocations, type LiveRevocations } from "./live-revocations.ts";
import { readRevocation } from "./read-revocation.ts";
import { createRevocationSigner } from "./sign-revocations.ts";
import { createWaitingPolls } from "./waiting-polls.ts";

export type FeedParts = {
  readonly storage: Pick<Storage, "pageAuditEvents" | "listClouds" | "listDisabledProjects">;
  readonly keyRing: Pick<KeyRing, "keySet">;
  readonly kek: Pick<KeyEncryptionKey, "deriveSeed" | "former">;
  readonly issuer: string;
  /** For so long a node that is cut off may issue tokens by what was true before. */
  readonly snapshotSeconds: number;
  readonly nowSeconds: () => number;
};

/** The revocation feed as this node tells it. It holds nothing that is not in the audit log. */
export type RevocationFeed = {
  /** JWKs. */
  readonly publicKeys: readonly object[];
  /** Forgets all and reads back what is live in the log up to this head. */
  readonly load: (head: AuditHead) => Promise<void>;
  /** The events that follow in the log. */
  readonly take: (events: readonly AuditEvent[]) => Promise<void>;
  /** Resolves as soon as there is something that a follower who knows `after` does not. */
  readonly waitForNews: (after: number, wait: NewsWait) => Promise<void>;
  /**
   * The signed document of what came after `after`; the whole where that is undefined, not in memory, or long ago.
   * @param ageSeconds Since the node last heard from its store.
   */
  readonly formatDocument: (after: number | undefined, ageSeconds: number) => string;
  /** Tokens that were issued before this epoch second are void; 0 if none are. */
  readonly notBefore: () => number;
  readonly measure: () => { readonly live: number; readonly sequence: number; readonly waiting: number };
  /** Answers all who wait, with news or without. */
  readonly release: () => void;
  /** Answers all who wait, and lets nobody wait any more. */
  readonly close: () => void;
};

export type NewsWait = { readonly seconds: number; readonly source: string };

const pollLimits = { all: 2_000, source: 500 };
const keptDocuments = 100;
/**
 * Whoever knows less gets the whole, which is made once for all: anybody may ask for the parts after any sequence, and
 * each of them would be made for that one question.
 */
const longestPart = 200;
/** For a node that is behind the one which the follower asked before. */
const catchUpSeconds = 1;

type Memory = {
  readonly live: LiveRevocations;
  /** All events after this one were looked at. */
  readonly floor: number;
  /** The last event that was looked at. */
  readonly sequence: number;
  /** The last one that a follower has to hear of. */
  readonly news: number;
  /** Endpoints by name. */
  readonly clouds: ReadonlyMap<string, string>;
  readonly disabled: readonly number[];
  /** The last event by which they may have become others. */
  readonly disabledBy: number;
  /** What was signed of it, as many ask for the same at once. */
  readonly documents: Map<string, string>;
};

/** @param sequence Of the last event that is not looked at. */
function createMemory(sequence: number): Memory {
  const live = createLiveRevocations();
  const none = { clouds: new Map(), disabled: [], disabledBy: sequence, documents: new Map() };
  return { live, floor: sequence, sequence, news: sequence, ...none };
}

export function createRevocationFeed(parts: FeedParts): RevocationFeed {
  const signer = createRevocationSigner(parts.kek);
  const polls = createWaitingPolls(pollLimits);
  let memory = createMemory(0);
  const since = (): number => parts.nowSeconds() - revocationSeconds - parts.snapshotSeconds;
  const hold = (next: Memory): void => {
    const isNews = next.news > memory.news || next.sequence < memory.sequence;
    memory = next;
    memory.live.dropUntil(since());
    if (isNews) polls.wake();
  };
  return {
    publicKeys: signer.publicKeys,
    load: async (head) => hold(await loadMemory(parts, head, since())),
    take: async (events) => hold(await addEvents(parts, memory, events)),
    waitForNews: (after, { seconds, source }) => {
      const longest = after > memory.sequence ? Math.min(seconds, catchUpSeconds) : seconds;
      return memory.news > after ? Promise.resolve() : polls.wait(longest * 1000, source);
    },
    formatDocument: (asked = 0, ageSeconds) => {
      const { live, floor, sequence, documents } = memory;
      const earliest = Math.max(floor, live.sequenceBefore(longestPart));
      const after = asked < earliest || asked > sequence ? 0 : asked;
      const keyIds = listKeyIds(parts.keyRing);
      const issuedAtSeconds = parts.nowSeconds();
      const name = [after, ageSeconds, Math.floor(issuedAtSeconds / revocationsKeptSeconds), ...keyIds].join(" ");
      const known = documents.get(name);
      if (known !== undefined) return known;
      if (documents.size >= keptDocuments) documents.clear();
      live.dropUntil(since());
      const told = collect(memory, after);
      const signed = signer.sign({
        issuer: parts.issuer,
        issuedAtSeconds,
        after,
        sequence,
        ageSeconds,
        keyIds,
        ...told,
      });
      documents.set(name, signed);
      return signed;
    },
    notBefore: () => memory.live.notBefore(),
    measure: () => ({ live: memory.live.count(), sequence: memory.sequence, waiting: polls.count() }),
    release: polls.wake,
    close: polls.close,
  };
}

async function loadMemory(parts: FeedParts, head: AuditHead, since: number): Promise<Memory> {
  const pages: (readonly AuditEvent[])[] = [];
  for await (const page of readBack(parts.storage, { before: head.sequence + 1, since })) pages.push(page);
  const events = pages.flat().toReversed();
  const empty = createMemory((events[0]?.sequence ?? head.sequence + 1) - 1);
  const disabled = await parts.storage.listDisabledProjects();
  return { ...(await addEvents(parts, empty, events)), sequence: head.sequence, disabled };
}

/** Reads all that it needs before it changes anything, so that it can be tried again. */
async function addEvents({ storage }: FeedParts, memory: Memory, events: readonly AuditEvent[]): Promise<Memory> {
  const isOfClouds = ({ action, subject }: AuditEvent) => subject.startsWith("cloud:") || action === "project.moved";
  const listed = events.some(isOfClouds) ? await storage.listClouds() : undefined;
  const disabledBy = events.findLast(({ action }) => isOfDisabling.test(action))?.sequence;
  const disabled = disabledBy === undefined ? undefined : await storage.listDisabledProjects();
  for (const event of events) memory.live.add(event);
  return {
    ...memory,
    documents: new Map(),
    sequence: events.at(-1)?.sequence ?? memory.sequence,
    news: events.findLast(isNews)?.sequence ?? memory.news,
    disabled: disabled ?? memory.disabled,
    disabledBy: disabledBy ?? memory.disabledBy,
    clouds: listed === undefined ? memory.clouds : new Map(listed.map(({ name, endpoint }) => [name, endpoint])),
  };
}

const isOfDisabling = /^(?:account|project)\.(?:enabled|disabled)$|^project\.created$/;

function collect({ live, clouds, ...memory }: Memory, after: number) {
  const { moved, ...told } = live.collect(after);
  const disabled = after < memory.disabledBy || after === 0 ? memory.disabled : undefined;
  return { ...told, disabled, moved: moved.map(([id, cloud]) => [id, clouds.get(cloud) ?? ""] as const) };
}

/** Whether it changes anything that a document says. */
function isNews(event: AuditEvent): boolean {
  return (
    readRevocation(event) !== undefined ||
    /^(?:signing-key\.|(?:account|project)\.enabled$|cloud\.changed$)/.test(event.action)
  );
}

function listKeyIds(keyRing: FeedParts["keyRing"]): readonly string[] {
  return keyRing.keySet().keys.flatMap((key) => {
    if (typeof key !== "object" || key === null || !("kid" in key)) return [];
    return typeof key.kid === "string" ? [key.kid] : [];
  });
}
