import { createReadStream, createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** RFC 1952 §2.3.1: how every gzip file begins. A service that unpacks on the way sends something else. */
export async function isGzipFile(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** Its checksums hold for what came in pieces too. @throws {CommandError} code FILE_DAMAGED. */
export async function checkGzipFile(file: string, signal: AbortSignal): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await named(file, () => pipeline(createReadStream(file), createGunzip(), nowhere, { signal }));
}

/** What was there is replaced; nothing is left of `target` when it fails. @throws {CommandError} code FILE_DAMAGED. */
export async function unpackGzipFile(file: string, target: string, signal: AbortSignal): Promise<void> {
  await rm(target, { force: true });
  try {
    const output = createWriteStream(target, { flags: "wx", flush: true });
    await named(file, () => pipeline(createReadStream(file), createGunzip(), output, { signal }));
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

async function named(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_"))) throw cause;
    throw new CommandError(`${file} is damaged: it is not the whole of a gzip file`, {
      exitCode: exitCodes.notOauth,
      code: "FILE_DAMAGED",
      next: "It was deleted. Run the same command again; without --gunzip files are kept as they are sent.",
      cause,
    });
  }
}
