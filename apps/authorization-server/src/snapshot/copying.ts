import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@biped/listener";
import { type CopiedStorage, readObject, readStorage } from "./copy-storage.ts";
import type { SealedRows } from "./sealed-rows.ts";

export type CopyingParts = {
  readonly storage: CopiedStorage;
  readonly rows: Pick<SealedRows, "add" | "clear" | "forgotten" | "replace">;
  readonly monotonicSeconds: () => number;
  readonly log: Log;
};

/** Fills the rows in the background, with everything once and then with what was forgotten. */
export type Copying = {
  /** Whether everything has been copied once. */
  readonly isCopied: () => boolean;
  /** Everything anew, when it goes on. */
  readonly begin: () => void;
  /** Where there is something to do, and nothing under way. */
  readonly goOn: () => void;
  readonly stop: () => Promise<void>;
};

/** After each page, for the requests that came meanwhile. */
const pauseMilliseconds = 8;

export function createCopying(parts: CopyingParts): Copying {
  const { rows, log } = parts;
  let isCopied = false;
  let beginnings = 0;
  let isStopped = false;
  let isFailing = false;
  let work: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const beginning = beginnings;
    const isOver = (): boolean => isStopped || beginning !== beginnings;
    if (isCopied) await readForgotten(parts, isOver);
    else isCopied = await copyAll(parts, isOver);
    isFailing = false;
  };
  const report = (error: unknown): void => {
    if (!isFailing) log.warn("the snapshot could not be kept", { error });
    isFailing = true;
  };
  return {
    isCopied: () => isCopied,
    begin: () => {
      isCopied = false;
      beginnings += 1;
    },
    goOn: () => {
      if (isStopped || (isCopied && rows.forgotten.size === 0)) return;
      work ??= run()
        .catch(report)
        .finally(() => {
          work = undefined;
        });
    },
    stop: async () => {
      isStopped = true;
      await work;
    },
  };
}

/** False where it was over before. */
async function copyAll({ storage, rows, monotonicSeconds, log }: CopyingParts, isOver: () => boolean) {
  const startedAt = monotonicSeconds();
  let count = 0;
  rows.clear();
  for await (const page of readStorage(storage)) {
    if (isOver()) return false;
    rows.add(page);
    count += page.size;
    await sleep(pauseMilliseconds);
  }
  if (isOver()) return false;
  log.info("the snapshot is whole", {
    count,
    durationMilliseconds: Math.round((monotonicSeconds() - startedAt) * 1000),
  });
  return true;
}

async function readForgotten({ storage, rows }: CopyingParts, isOver: () => boolean): Promise<void> {
  for (const [id, forgetting] of rows.forgotten) {
    const content = await readObject(storage, id);
    if (isOver()) return;
    rows.replace(id, forgetting, content);
  }
}
