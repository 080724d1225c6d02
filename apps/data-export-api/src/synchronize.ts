import { open } from "node:fs/promises";

/** Puts on the disk what is in a file, or the names that are in a directory: a rename has happened for good after it. */
export async function synchronize(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
