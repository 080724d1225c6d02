import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { ByteRange } from "./byte-range.ts";

/** Whoever takes nothing for so long loses the connection. A slow line moves more than what buffers hold meanwhile. */
const patienceMilliseconds = 300_000;

/** No faster than they are taken. The handle is closed with the stream. */
export function readBytes(handle: FileHandle, { first, last }: ByteRange): Readable {
  const stream = handle.createReadStream({ start: first, end: last, highWaterMark: 256 * 1024 });
  let seen = 0;
  const watch = setInterval(() => {
    if (stream.bytesRead === seen) stream.destroy();
    seen = stream.bytesRead;
  }, patienceMilliseconds);
  stream.once("close", () => clearInterval(watch));
  return stream;
}
