import { readFile } from "node:fs/promises";

/** Reads a file. Whatever stands in the way names it, which Node leaves out where the file is a folder. */
export async function readNamedFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw nameFile(error, file);
  }
}

/** Undefined when there is no such file. */
export async function readFileIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readNamedFile(file)).toString("utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The name that the user knows is the one to complain about. */
export function nameFile(error: unknown, file: string): unknown {
  return error instanceof Error ? Object.assign(error, { path: file }) : error;
}
