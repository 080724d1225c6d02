import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";

/** `text` with its defect if it is not to be read as what it seems; of a long line it is the beginning. */
export type Line = { readonly number: number; readonly text: string; readonly defect?: string };

const lineLimitBytes = 1024 * 1024;
const shownBytes = 1_000;
const lineFeed = 0x0a;
const chunkBytes = 64 * 1024;
const nothing = Buffer.alloc(0);

/** The lines of a file, some at a time. They end in LF or CRLF, the last one perhaps in nothing; a BOM is no part of one. */
export async function* readLines(file: string): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let held: Buffer = nothing;
  for await (const chunk of readChunks(file)) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      number += 1;
      lines.push(createLine(number, join(held, chunk.subarray(start, end))));
      held = nothing;
      start = end + 1;
    }
    held = join(held, chunk.subarray(start));
    yield lines;
  }
  if (held.length > 0) yield [createLine(number + 1, held)];
}

function readChunks(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: chunkBytes });
}

/** No more than tells that the line is too long, so that memory is bounded. */
function join(held: Buffer, more: Buffer): Buffer {
  const room = lineLimitBytes + 1 - held.length;
  return held.length === 0 ? more.subarray(0, room) : Buffer.concat([held, more.subarray(0, room)]);
}

function createLine(number: number, bytes: Buffer): Line {
  if (bytes.length > lineLimitBytes) {
    return { number, text: bytes.toString("utf8", 0, shownBytes), defect: "longer than 1 MiB" };
  }
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes)) return { number, text, defect: "not valid UTF-8" };
  return { number, text: number === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text };
}
