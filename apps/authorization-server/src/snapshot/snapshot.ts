import { openRowFile } from "@biped/database";
import type { Log } from "@biped/listener";
import type { ClientDirectory } from "../credentials/client-directory.ts";
import type { KeyEncryptionKey } from "../signing/envelope.ts";
import { createCopyLookup } from "./copy-lookup.ts";
import { accountId, type CopiedStorage, credentialId, projectId } from "./copy-storage.ts";
import { createCopying } from "./copying.ts";
import { createSealedRows, type SealedRows } from "./sealed-rows.ts";
import { type AllowFrom, createServing } from "./serving.ts";

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

/** Beyond it a new copy is less work, and takes less memory, than to remember each of them. */
const mostForgotten = 50_000;

export async function openSnapshot(parts: SnapshotParts): Promise<Snapshot> {
  const { log, monotonicSeconds, snapshotSeconds } = parts;
  let isBroken = false;
  const onBroken = (): void => {
    if (!isBroken) log.error("the snapshot's file is not as it was written");
    isBroken = true;
  };
  const file = await openRowFile(parts.path);
  const rows = createSealedRows({ ...parts, file, key: parts.kek.deriveSeed("biped snapshot"), onBroken });
  const copying = createCopying({ ...parts, rows });
  let heardAt = monotonicSeconds();
  const ageSeconds = (): number | undefined => (copying.isCopied() ? monotonicSeconds() - heardAt : undefined);
  const mayServe = (): boolean => (ageSeconds() ?? Number.POSITIVE_INFINITY) <= snapshotSeconds;
  const serving = createServing({ log, mayServe, lookup: createCopyLookup(rows.find) });
  const begin = (): void => {
    isBroken = false;
    copying.begin();
  };
  return {
    decide: serving.decide,
    forget: createForget(rows, begin),
    hear: (atSeconds) => {
      if (isBroken || rows.countForgotten() > mostForgotten) begin();
      heardAt = atSeconds;
      serving.end();
      copying.goOn();
    },
    ageSeconds,
    isWhole: () => copying.isCopied() && rows.forgotten.size === 0,
    mayServe,
    countAllowed: serving.countAllowed,
    stop: () => copying.stop().finally(file.close),
  };
}

function createForget(rows: Pick<SealedRows, "forget">, everything: () => void): Snapshot["forget"] {
  return {
    client: (clientId) => rows.forget(credentialId(clientId)),
    project: (id) => rows.forget(projectId(id)),
    account: (id) => rows.forget(accountId(id)),
    everything,
  };
}
