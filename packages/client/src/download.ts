import { createFault } from "./answers.ts";
import { ClientError } from "./client-error.ts";
import type { DownloadOptions } from "./data-export.ts";
import type { ExportFile } from "./data-export-types.ts";
import { type Bytes, connect, type DownloadParts, type Transfer } from "./file-connection.ts";
import { readPositive } from "./read-options.ts";
import { drawDelay } from "./retry-policy.ts";
import { joinSignals, startTimer } from "./wait-for.ts";

type ReadChunk = () => Promise<Bytes | undefined>;

const mostBreaks = 5;

/** Resolves when the file begins; after that nothing is read ahead of the reader. */
export async function download(
  parts: DownloadParts,
  { url }: ExportFile,
  options: DownloadOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const { gunzip, offset = 0, signal } = options;
  if (offset !== 0) readPositive("offset (without gunzip)", !gunzip && offset);
  const end = new AbortController();
  const stop = (): void => end.abort();
  const joined = joinSignals(end, signal);
  const place = { url, received: offset, total: Number.NaN, etag: null, skip: 0, breaks: 0 };
  const transfer: Transfer = { ...parts, ...options, ...place, signal: joined };
  let failure: unknown;
  const fail = (error: unknown): never => {
    failure = error;
    stop();
    throw error;
  };
  await connect(transfer).catch(fail);
  const read: ReadChunk = () => readChunk(transfer).catch(fail);
  // What a store keeps with `Content-Encoding: gzip` is unpacked by fetch in some runtimes; the first byte tells.
  const seen = transfer.isEncoded ? [await read()] : [];
  const bytes = createPulledStream(async () => seen.shift() ?? read(), stop);
  if (!gunzip || (seen[0] && seen[0][0] !== 0x1f)) return bytes;
  const reader = bytes.pipeThrough(new DecompressionStream("gzip")).getReader();
  const unpack: ReadChunk = async () => {
    signal?.throwIfAborted();
    try {
      return (await reader.read()).value;
    } catch {
      throw failure ?? createFault("FILE_DAMAGED", "The file is not a whole gzip file.");
    }
  };
  return createPulledStream(unpack, stop);
}

/** One chunk whenever the reader asks; undefined ends the stream. */
function createPulledStream(read: ReadChunk, cancel: () => void): ReadableStream<Bytes> {
  const pull = async (controller: ReadableStreamDefaultController<Bytes>): Promise<void> => {
    const chunk = await read();
    if (chunk) controller.enqueue(chunk);
    else controller.close();
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}

/** The next bytes of the file, over a new connection if need be. */
async function readChunk(transfer: Transfer): Promise<Bytes | undefined> {
  const { signal, random, sleep, onProgress } = transfer;
  for (let cause: unknown; ; ) {
    const chunk = await readConnection(transfer);
    signal.throwIfAborted();
    if (typeof chunk === "object") {
      const fresh = chunk.subarray(transfer.skip);
      transfer.skip -= chunk.byteLength - fresh.byteLength;
      if (fresh.byteLength === 0) continue;
      transfer.received += fresh.byteLength;
      if (transfer.received > transfer.total) throw createIncomplete(transfer);
      transfer.breaks = 0;
      transfer.isLinkRenewed = false;
      onProgress?.(transfer.received, transfer.total || undefined);
      return fresh;
    }
    const isEnd = transfer.total >= 0 ? transfer.received === transfer.total : chunk === "ended" && transfer.skip === 0;
    if (isEnd) return undefined;
    transfer.breaks += 1;
    if (transfer.breaks > mostBreaks) throw createIncomplete(transfer, cause);
    await sleep(drawDelay(transfer.breaks, random()) ?? 0, signal);
    await connect(transfer).catch((error) => {
      if (!(error instanceof ClientError) || error.kind !== "unreachable") throw error;
      cause = error;
    });
  }
}

/** What one connection gives next. One that falls silent is cut. */
async function readConnection({ reader, timeoutMilliseconds }: Transfer): Promise<Bytes | "ended" | "cut"> {
  let end: "ended" | "cut" = "ended";
  const timer = startTimer(() => {
    end = "cut";
    reader?.cancel().catch(() => undefined);
  }, timeoutMilliseconds);
  try {
    return reader ? ((await reader.read()).value ?? end) : "cut";
  } catch {
    return "cut";
  } finally {
    clearTimeout(timer);
  }
}

function createIncomplete({ received, total }: Transfer, cause?: unknown): ClientError {
  const message = `The download broke off after ${received}${total ? ` of ${total}` : ""} bytes.`;
  return new ClientError(message, { kind: "unreachable", code: "DOWNLOAD_INCOMPLETE", cause });
}
