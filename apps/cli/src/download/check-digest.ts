import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** @param sha256 In base64, as the service tells it. @throws {CommandError} code FILE_DAMAGED. */
export async function checkDigest(file: string, sha256: string, signal: AbortSignal): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk);
  if (hash.digest("base64") === sha256) return;
  throw new CommandError(`${file} is damaged: its SHA-256 is not the one that the service tells`, {
    exitCode: exitCodes.notOauth,
    code: "FILE_DAMAGED",
    next: "It was deleted. Run the same command again.",
  });
}
