import { createHash } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { synchronize } from "../synchronize.ts";
import type { WrittenPart } from "./task.ts";

/** The parts that DuckDB wrote into a directory, `data_0.jsonl.gz` and so on, each on the disk before this answers. */
export async function finishParts(directory: string): Promise<readonly WrittenPart[]> {
  const names = await readdir(directory);
  const numbered = names.flatMap((name) => {
    const [, digits] = /^data_(\d+)\./.exec(name) ?? [];
    return digits === undefined ? [] : [{ name, number: Number(digits) }];
  });
  const parts: WrittenPart[] = [];
  for (const { name } of numbered.sort((one, other) => one.number - other.number)) {
    parts.push({ name, ...(await finishFile(path.join(directory, name))) });
  }
  await synchronize(directory);
  return parts;
}

async function finishFile(file: string): Promise<Omit<WrittenPart, "name">> {
  await using handle = await open(file, "r+");
  await handle.sync();
  const hash = createHash("sha256");
  // One buffer for all of it: a stream makes one after another, which nobody collects in time.
  const buffer = Buffer.allocUnsafe(1 << 20);
  let byteCount = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return { byteCount, sha256: hash.digest("hex") };
    hash.update(buffer.subarray(0, bytesRead));
    byteCount += bytesRead;
  }
}
