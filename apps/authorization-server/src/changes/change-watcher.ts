import { StoreUnavailable } from "@biped/database";
import type { Log } from "@biped/listener";
import { linkAuditEntry } from "@biped/management-client/audit-chain";
import { refuseUnconfirmedRestore, UnconfirmedRestore } from "../backup/restored-store.ts";
import type { ClientDirectory } from "../credentials/client-directory.ts";
import { inTurn } from "../in-turn.ts";
import type { RevocationFeed } from "../revocation-feed/revocation-feed.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { AuditHead, Storage } from "../storage/storage.ts";
import { forgetEvents } from "./forget-events.ts";
import type { StoreClock } from "./store-clock.ts";

export type ChangeParts = {
  readonly storage: Pick<Storage, "findAuditHead" | "findUnconfirmedRestore" | "listAuditEvents" | "listenForChanges">;
  readonly directory: Pick<ClientDirectory, "forget">;
  readonly keyRing: Pick<KeyRing, "refresh">;
  readonly feed: Pick<RevocationFeed, "load" | "take" | "release">;
  readonly snapshot?: Pick<Snapshot, "forget" | "hear"> | undefined;
  readonly storeClock: Pick<StoreClock, "read">;
  /** Never goes back. */
  readonly monotonicSeconds: () => number;
  readonly log: Log;
  /** The store was put back to a backup under this process, and nobody may be served from it yet. */
  readonly end?: ((error: UnconfirmedRestore) => void) | undefined;
};

export type ChangeWatcher = {
  /** Seconds since this node last heard from its store; what it holds in memory may be older by as much. */
  readonly lagSeconds: () => number;
  /** Looks now, and resolves when it has. Never rejects. */
  readonly look: () => Promise<void>;
  /**
   * Where this node has not heard from its store for a while: looks first, so that nothing which the store decides is
   * signed with a key of before. Undefined, nearly always, where it has. @throws StoreUnavailable where it cannot.
   */
  readonly catchUp: () => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
};

const pollMilliseconds = 500;
/** After a look that failed: where connections break all the time, one of the next will do in good time. */
const againMilliseconds = 100;
/** Of so many changes at once it is no use to tell what each of them was. */
const batchLength = 500;
/** A node that has heard nothing for so long may be the only one: whoever waits there for news had better ask again. */
const cutOffSeconds = 2;

/**
 * Follows the audit log, the one stream of all changes of all nodes: PostgreSQL tells of them at once, and where it
 * cannot (SQLite, a pooler) looking from time to time keeps the bound. A store that is away is looked for again.
 */
export async function openChangeWatcher(parts: ChangeParts): Promise<ChangeWatcher> {
  const { storage, directory, feed, storeClock, monotonicSeconds, log } = parts;
  let last = await begin(parts, await storage.findAuditHead());
  let heardAt = monotonicSeconds();
  let isCacheDoubtful = false;
  let isAway = false;
  const read = async (): Promise<void> => {
    const askedAt = monotonicSeconds();
    await storeClock.read();
    last = await follow(parts, last);
    // Only now: while the store is away, what is remembered serves for the few seconds that it may.
    if (isCacheDoubtful) directory.forget.everything();
    isCacheDoubtful = false;
    heardAt = askedAt;
    parts.snapshot?.hear(askedAt);
    if (isAway) log.info("changes are followed again");
    isAway = false;
  };
  const report = (error: unknown): void => {
    if (error instanceof UnconfirmedRestore) parts.end?.(error);
    if (!isAway) log.warn("changes cannot be followed for the moment", { error });
    isAway = true;
    if (monotonicSeconds() - heardAt > cutOffSeconds) feed.release();
  };
  let isStopped = false;
  const look = inTurn(async () => {
    clearTimeout(timer);
    if (isStopped) return;
    await read().catch(report);
    timer = setTimeout(look, isAway ? againMilliseconds : pollMilliseconds).unref();
  });
  let timer = setTimeout(look, pollMilliseconds).unref();
  const stopListening = await storage.listenForChanges(look, () => {
    isCacheDoubtful = true;
    void look();
  });
  const catchUp = async (): Promise<void> => {
    const before = heardAt;
    await look();
    if (heardAt === before) throw new StoreUnavailable("changes cannot be followed");
  };
  return {
    lagSeconds: () => monotonicSeconds() - heardAt,
    look,
    catchUp: () => (monotonicSeconds() - heardAt > cutOffSeconds ? catchUp() : undefined),
    stop: async () => {
      isStopped = true;
      await stopListening();
      // Waits for the one that is under way.
      await look();
    },
  };
}

/** Whatever may have happened: nothing of before is taken for true. @throws UnconfirmedRestore */
async function begin(parts: ChangeParts, head: AuditHead): Promise<AuditHead> {
  const { storage, directory, snapshot, keyRing, feed } = parts;
  await refuseUnconfirmedRestore(storage);
  directory.forget.everything();
  snapshot?.forget.everything();
  await keyRing.refresh();
  await feed.load(head);
  return head;
}

async function follow(parts: ChangeParts, former: AuditHead): Promise<AuditHead> {
  const head = await parts.storage.findAuditHead();
  let last = former;
  while (last.sequence < head.sequence) {
    const taken = await takeBatch(parts, last);
    if (taken === "other history") return beginAnew(parts, former, head);
    last = taken ?? head;
  }
  const isOther = head.sequence < former.sequence || (head.sequence === former.sequence && head.hash !== former.hash);
  return isOther ? beginAnew(parts, former, head) : last;
}

/** The store was put back to a backup: its log is another one than was followed. */
function beginAnew(parts: ChangeParts, { sequence }: AuditHead, head: AuditHead): Promise<AuditHead> {
  parts.log.error("the audit log does not go on from what was read last", { sequence });
  return begin(parts, head);
}

/** Undefined where there is none. */
async function takeBatch(parts: ChangeParts, former: AuditHead): Promise<AuditHead | "other history" | undefined> {
  const { storage, directory, snapshot, keyRing, feed, log } = parts;
  const events = await storage.listAuditEvents(former.sequence, batchLength);
  const [first] = events;
  if (first !== undefined && linkAuditEntry(former, first).hash !== first.hash) return "other history";
  if (events.some(({ action }) => action === "store.restored")) await refuseUnconfirmedRestore(storage);
  if (events.length === batchLength) directory.forget.everything();
  else forgetEvents(events, directory);
  if (snapshot !== undefined) forgetEvents(events, snapshot);
  if (events.some(({ subject }) => subject.startsWith("signing-key:"))) {
    await keyRing.refresh().catch((error: unknown) => {
      // The next look takes these events again: a key that is void must not sign until somebody looks at the keys.
      if (error instanceof StoreUnavailable) throw error;
      // One key that cannot be opened must not keep the revocations from those who need them.
      log.warn("signing keys could not be read", { error });
    });
  }
  await feed.take(events);
  return events.at(-1);
}
