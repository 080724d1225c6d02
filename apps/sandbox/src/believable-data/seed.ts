import { z } from "zod";
import { parseJson, readFileIfThere, writeFileDurably } from "../clock.ts";

/** All believable data follows from it. */
const seed = z.int().min(0).max(999_999_999);

const saved = z.object({ seed });

/** The one that is configured, else the one that was kept, else a new one; it is kept from now on. */
export function openSeed(
  path: string,
  configured: number | undefined,
  randomBytes: (count: number) => Uint8Array,
): number {
  const opened = configured ?? readSeed(path) ?? drawSeed(randomBytes(4));
  writeFileDurably(path, JSON.stringify({ seed: opened }));
  return opened;
}

function readSeed(path: string): number | undefined {
  const text = readFileIfThere(path);
  if (text === undefined) return undefined;
  const content = saved.safeParse(parseJson(text));
  if (!content.success) throw new Error(`${path} does not hold a seed; delete it for a new one.`);
  return content.data.seed;
}

function drawSeed(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0) % 1_000_000_000;
}
