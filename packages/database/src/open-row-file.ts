/** Contents by their id in a file that its owner alone may read: millions of them in little memory. */
export type RowFile = {
  readonly find: (id: string) => Uint8Array | undefined;
  /** All of them or none; each takes the place of the one before. */
  readonly put: (rows: ReadonlyMap<string, Uint8Array>) => void;
  readonly remove: (id: string) => void;
  readonly clear: () => void;
  /** Deletes the file. */
  readonly close: () => void;
};

/** An empty one, in place of one that is there. Whatever SQLite says of it later throws `StoreUnavailable`. */
export async function openRowFile(path: string): Promise<RowFile> {
  const { createRowFile } = await import("./row-file-driver.ts");
  return createRowFile(path);
}
