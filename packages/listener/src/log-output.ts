import { constants, fstatSync, openSync, write, writeSync } from "node:fs";

export type LogOutput = {
  readonly write: (line: string) => void;
  /** Writes what is held back as far as that is possible at once; for the end of the process. */
  readonly flush: () => void;
  /** Lines for which there was no room, since the start. */
  readonly lostLines: () => number;
};

const batchBytes = 8 * 1024;
const flushMilliseconds = 100;
/** Until a full pipe is tried again: a reader that keeps up empties 64 KiB in less. */
const fullPipeMilliseconds = 5;
/** What is held back for a reader that does not read. Beyond it lines are lost, so that no request waits for a log. */
const heldBytes = 4 * 1024 * 1024;
/** Lines are taken again once so little is held: a slow reader must not get a marker beside each line. */
const resumeBytes = heldBytes / 2;

/**
 * Log lines in batches: a write for each line would cost a token more than its digest does. A crash of the process
 * loses at most the last tenth of a second of lines. Where lines are lost because nobody reads, or the reader is gone,
 * one line in their place tells how many, as soon as there is a reader again.
 * @param fileDescriptor 1 for standard output.
 */
export function openLogOutput(fileDescriptor: number): LogOutput {
  const held = createHeldLines();
  const writer = createBatchWriter(openUnblocked(fileDescriptor), held);
  process.once("exit", writer.flush);
  return {
    write: (line) => {
      held.add(line);
      writer.proceed();
    },
    flush: writer.flush,
    lostLines: held.lost,
  };
}

function createBatchWriter(descriptor: number, held: HeldLines) {
  let state: "idle" | "writing" | "blocked" = "idle";
  let isWaiting = false;
  const wait = (milliseconds: number): void => {
    // Not a reason to keep the process: what is held then is written at its end.
    if (!isWaiting) setTimeout(goOn, milliseconds).unref();
    isWaiting = true;
  };
  const goOn = (): void => {
    isWaiting = false;
    if (state === "blocked") state = "idle";
    writeBatch();
  };
  const writeBatch = (): void => {
    const batch = state === "idle" ? held.nextBatch() : undefined;
    if (batch === undefined) return;
    state = "writing";
    write(descriptor, batch, (error, written) => {
      // A full pipe, a reader that is gone and a full disk alike: it may be otherwise soon, and the server goes on.
      state = error === null ? "idle" : "blocked";
      if (error !== null) return wait(error.code === "EAGAIN" ? fullPipeMilliseconds : flushMilliseconds);
      held.forget(written);
      proceed();
    });
  };
  const proceed = (): void => {
    if (held.size() >= batchBytes) writeBatch();
    wait(flushMilliseconds);
  };
  const flush = (): void => {
    try {
      for (let batch = held.nextBatch(); batch !== undefined && state !== "writing"; batch = held.nextBatch()) {
        held.forget(writeSync(descriptor, batch));
      }
    } catch {
      // Nobody reads; there is nowhere left to say so.
    }
  };
  return { proceed, flush };
}

/**
 * A pipe that nobody reads would hold a thread for each write, and the process at its end. Opened anew, it can be told
 * not to, without telling the other programs that write to it. A file opened anew would be written from its beginning.
 */
function openUnblocked(fileDescriptor: number): number {
  try {
    if (!fstatSync(fileDescriptor).isFIFO()) return fileDescriptor;
    return openSync(`/proc/self/fd/${fileDescriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fileDescriptor;
  }
}

type HeldLines = {
  readonly add: (line: string) => void;
  readonly size: () => number;
  readonly lost: () => number;
  /** What is to be written next, until it was; undefined where nothing is. */
  readonly nextBatch: () => Buffer | undefined;
  readonly forget: (writtenBytes: number) => void;
};

function createHeldLines(): HeldLines {
  let lines: string[] = [];
  let batch = Buffer.alloc(0);
  let bytes = 0;
  let missing = 0;
  let lost = 0;
  const push = (line: string): void => {
    lines.push(line);
    bytes += Buffer.byteLength(line);
  };
  const markMissing = (): void => {
    push(formatMarker(missing));
    missing = 0;
  };
  return {
    size: () => bytes,
    lost: () => lost,
    add: (line: string): void => {
      if (bytes > (missing > 0 ? resumeBytes : heldBytes)) {
        missing += 1;
        lost += 1;
        return;
      }
      if (missing > 0) markMissing();
      push(line);
    },
    nextBatch: (): Buffer | undefined => {
      if (bytes === 0 && missing > 0) markMissing();
      if (batch.length === 0) {
        batch = Buffer.from(lines.join(""));
        lines = [];
      }
      return batch.length === 0 ? undefined : batch;
    },
    forget: (written: number): void => {
      batch = batch.subarray(written);
      bytes -= written;
    },
  };
}

function formatMarker(count: number): string {
  return `${JSON.stringify({ level: "warn", time: new Date().toISOString(), count, msg: "log lines were lost" })}\n`;
}
