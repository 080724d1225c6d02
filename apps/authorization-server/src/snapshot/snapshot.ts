import { setTimeout as sleep } from "node:timers/promises";
import { openRowFile, StoreUnavailable } from "@biped/database";
import type { Log } from "@biped/listener";
import type { ClientDirectory, Lookup } from "../credentials/client-directory.ts";
import type { KeyEncryptionKey } from "../signing/envelope.ts";
import { createCopyLookup } from "./copy-lookup.ts";
import { accountId, type CopiedStorage, credentialId, projectId, readObject, readStorage } from "./copy-storage.ts";
import { createSealedRows, type SealedRows } from "./sealed-rows.ts";

export type SnapshotParts = {
  readonly path: string;
  /** So long after the store was last heard of the copy may still allow. */
  readonly snapshotSeconds: number;
  readonly storage: CopiedStorage;
  readonly kek: Pick<KeyEncryptionKey, "deriveSeed">;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Never goes back. */
  readonly monotonicSeconds: () => number;
  readonly log: Log;
};

/** A copy of what decides a token request, for the time in which the store is away. */
export type Snapshot = {
  /**
   * What the store decides; where it is away, what the copy allows. The copy never refuses: what it does not allow is
   * for the store to decide, so that this rejects as long as it is away.
   */
  readonly decide: <Decision>(byStore: () => Promise<Decision>, byCopy: AllowFrom<Decision>) => Promise<Decision>;
  /** Of what has changed, the copy allows nothing before it has been read again. */
  readonly forget: ClientDirectory["forget"];
  /** At that time the store was asked for changes, and all of them have been forgotten. Does not wait for anything. */
  readonly hear: (atSeconds: number) => void;
  /** How old what the copy says may be; undefined while there is no whole copy. */
  readonly ageSeconds: () => number | undefined;
  /** Whether nothing is missing that is still to be read. */
  readonly isWhole: () => boolean;
  /** Whether there is a copy that is young enough. */
  readonly mayServe: () => boolean;
  readonly countAllowed: () => number;
  readonly stop: () => Promise<void>;
};

/** Undefined where these facts do not allow it. */
export type AllowFrom<Decision> = (lookup: Lookup) => Promise<Decision | undefined>;

/** Beyond it a new copy is less work, and takes less memory, than to remember each of them. */
const mostForgotten = 50_000;
/** After each page, for the requests that came meanwhile. */
const pauseMilliseconds = 8;

export async function openSnapshot(parts: SnapshotParts): Promise<Snapshot> {
  const { log, monotonicSeconds, snapshotSeconds } = parts;
  let isBroken = false;
  const onBroken = (): void => {
    if (!isBroken) log.error("the snapshot's file is not as it was written");
    isBroken = true;
  };
  const file = await openRowFile(parts.path);
  const rows = createSealedRows({ ...parts, file, key: parts.kek.deriveSeed("biped snapshot"), onBroken });
  const copy = createCopying({ ...parts, rows });
  let heardAt: number | undefined;
  const ageSeconds = (): number | undefined => (heardAt === undefined ? undefined : monotonicSeconds() - heardAt);
  const mayServe = (): boolean => heardAt !== undefined && monotonicSeconds() - heardAt <= snapshotSeconds;
  const serving = createServing({ log, mayServe, lookup: createCopyLookup(rows.find) });
  const begin = (): void => {
    heardAt = undefined;
    isBroken = false;
    copy.begin();
  };
  return {
    decide: serving.decide,
    forget: {
      client: (clientId) => rows.forget(credentialId(clientId)),
      project: (id) => rows.forget(projectId(id)),
      account: (id) => rows.forget(accountId(id)),
      everything: begin,
    },
    hear: (atSeconds) => {
      if (isBroken || rows.countForgotten() > mostForgotten) begin();
      if (copy.isWhole()) heardAt = atSeconds;
      serving.end();
      copy.goOn();
    },
    ageSeconds,
    isWhole: () => copy.isWhole() && rows.forgotten.size === 0,
    mayServe,
    countAllowed: serving.countAllowed,
    stop: async () => {
      await copy.stop();
      file.close();
    },
  };
}

type ServingParts = Pick<Snapshot, "mayServe"> & { readonly log: Log; readonly lookup: Lookup };

function createServing({ log, mayServe, lookup }: ServingParts) {
  /** Nobody waits for a store that is known to be away. */
  let isServing = false;
  let allowed = 0;
  const end = (): void => {
    if (isServing) log.warn("the snapshot serves no more", { count: allowed });
    isServing = false;
  };
  const allowByCopy = async <Decision>(byCopy: AllowFrom<Decision>): Promise<Decision | undefined> => {
    if (!mayServe()) {
      end();
      return undefined;
    }
    if (!isServing) log.warn("the store is away and the snapshot serves");
    isServing = true;
    const decision = await byCopy(lookup);
    if (decision !== undefined) allowed += 1;
    return decision;
  };
  const decide: Snapshot["decide"] = async (byStore, byCopy) => {
    const first = isServing ? await allowByCopy(byCopy) : undefined;
    if (first !== undefined) return first;
    try {
      return await byStore();
    } catch (error) {
      const decision = error instanceof StoreUnavailable ? await allowByCopy(byCopy) : undefined;
      if (decision === undefined) throw error;
      return decision;
    }
  };
  return { decide, end, countAllowed: () => allowed };
}

type CopyingParts = Pick<SnapshotParts, "storage" | "log" | "monotonicSeconds"> & { readonly rows: SealedRows };

/** Fills the rows in the background, all of them once and then what was forgotten. */
function createCopying({ storage, log, monotonicSeconds, rows }: CopyingParts) {
  let isWhole = false;
  let beginnings = 0;
  let isStopped = false;
  let work: Promise<void> | undefined;
  const copyAll = async (): Promise<void> => {
    const startedAt = monotonicSeconds();
    let count = 0;
    const mine = beginnings;
    const isOver = (): boolean => isStopped || mine !== beginnings;
    rows.clear();
    for await (const page of readStorage(storage)) {
      if (isOver()) return;
      rows.add(page);
      count += page.size;
      await sleep(pauseMilliseconds);
    }
    if (isOver()) return;
    isWhole = true;
    log.info("the snapshot is whole", {
      count,
      durationMilliseconds: Math.round((monotonicSeconds() - startedAt) * 1000),
    });
  };
  const readForgotten = async (): Promise<void> => {
    for (const [id, forgetting] of rows.forgotten) {
      const content = await readObject(storage, id);
      if (isStopped) return;
      rows.replace(id, forgetting, content);
    }
  };
  let isFailing = false;
  const run = async (): Promise<void> => {
    await (isWhole ? readForgotten() : copyAll());
    isFailing = false;
  };
  const report = (error: unknown): void => {
    if (!isFailing) log.warn("the snapshot could not be kept", { error });
    isFailing = true;
  };
  return {
    isWhole: () => isWhole,
    begin: (): void => {
      isWhole = false;
      beginnings += 1;
    },
    goOn: (): void => {
      if (isStopped || (isWhole && rows.forgotten.size === 0)) return;
      work ??= run()
        .catch(report)
        .finally(() => {
          work = undefined;
        });
    },
    stop: async (): Promise<void> => {
      isStopped = true;
      await work;
    },
  };
}
