import { createHmac, timingSafeEqual } from "node:crypto";
import { type RowFile, StoreUnavailable } from "@biped/database";

export type SealedParts = {
  readonly file: RowFile;
  readonly key: Uint8Array;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A row of the file is not what was written there. */
  readonly onBroken: () => void;
};

/** Contents in a file, each bound to its id, to what was written last under that id, and to this filling of the file. */
export type SealedRows = {
  /** Undefined too where somebody has changed, moved or put back what stands in the file. */
  readonly find: (id: string) => string | undefined;
  /** Of those that were read for the whole; one that was forgotten meanwhile is left out. */
  readonly add: (contents: ReadonlyMap<string, string>) => void;
  /** From now on there is nothing under this id, until something that was read later replaces it. */
  readonly forget: (id: string) => void;
  /** What was forgotten and not replaced, each with what `replace` wants. */
  readonly forgotten: ReadonlyMap<string, number>;
  /** Does nothing if the id was forgotten once more since. */
  readonly replace: (id: string, forgetting: number, content: string | undefined) => void;
  /** How many were ever forgotten; each takes some memory. */
  readonly countForgotten: () => number;
  /** Begins another filling: nothing of before is taken for true, wherever it comes from. */
  readonly clear: () => void;
  readonly close: () => void;
};

const sealBytes = 32;

export function createSealedRows({ file, key, randomBytes, onBroken }: SealedParts): SealedRows {
  let filling = "";
  let forgettings = 0;
  /** By id, which forgetting it was that the row came after; none for a row of the whole. */
  const revisions = new Map<string, number>();
  const forgotten = new Map<string, number>();
  const seal = (id: string, content: Uint8Array): Buffer => {
    const place = JSON.stringify([filling, id, revisions.get(id) ?? 0]);
    return createHmac("sha256", key).update(place).update("\n").update(content).digest();
  };
  const format = (id: string, text: string): Buffer => {
    const content = Buffer.from(text);
    return Buffer.concat([seal(id, content), content]);
  };
  const clear = (): void => {
    file.clear();
    revisions.clear();
    forgotten.clear();
    filling = Buffer.from(randomBytes(16)).toString("hex");
  };
  clear();
  return {
    find: (id) => {
      const row = forgotten.has(id) ? undefined : readRow(file, id);
      if (row === undefined) return undefined;
      const [given, content] = [row.subarray(0, sealBytes), row.subarray(sealBytes)];
      if (given.length === sealBytes && timingSafeEqual(given, seal(id, content))) return String(content);
      onBroken();
      return undefined;
    },
    add: (contents) => {
      const rows = [...contents].filter(([id]) => !revisions.has(id));
      file.put(new Map(rows.map(([id, content]) => [id, format(id, content)])));
    },
    forget: (id) => {
      forgettings += 1;
      revisions.set(id, forgettings);
      forgotten.set(id, forgettings);
    },
    forgotten,
    replace: (id, forgetting, content) => {
      if (forgotten.get(id) !== forgetting) return;
      if (content === undefined) file.remove(id);
      else file.put(new Map([[id, format(id, content)]]));
      forgotten.delete(id);
    },
    countForgotten: () => revisions.size,
    clear,
    close: file.close,
  };
}

/** What cannot be read is as broken as what somebody has changed. */
function readRow(file: RowFile, id: string): Buffer | undefined {
  try {
    const row = file.find(id);
    return row && Buffer.from(row.buffer, row.byteOffset, row.length);
  } catch (error) {
    if (error instanceof StoreUnavailable) return Buffer.alloc(0);
    throw error;
  }
}
