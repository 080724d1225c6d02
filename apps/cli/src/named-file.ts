import { readFile } from "node:fs/promises";

/** Reads a file. Whatever stands in the way names it, which Node leaves out where the file is a folder. */
export async function readNamedFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw nameFile(error, file);
  }
}

/** The name that the user knows is the one to complain about. */
export function nameFile(error: unknown, file: string): unknown {
  return error instanceof Error ? Object.assign(error, { path: file }) : error;
}
