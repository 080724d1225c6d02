import { pino } from "pino";

export type LogOutput = {
  readonly write: (line: string) => void;
  /** Writes what is held back; for the end of the process. */
  readonly flush: () => void;
};

const batchBytes = 8 * 1024;
const flushMilliseconds = 100;
/** What is held back for a reader that does not read. Beyond it lines are dropped, so that no request waits for a log. */
const heldBytes = 4 * 1024 * 1024;

/**
 * Log lines in batches: a write for each line would cost a token more than its digest does. A crash of the process
 * loses at most the last tenth of a second of lines.
 * @param fileDescriptor 1 for standard output.
 */
export function openLogOutput(fileDescriptor: number): LogOutput {
  const output = pino.destination({
    fd: fileDescriptor,
    sync: false,
    minLength: batchBytes,
    maxLength: heldBytes,
    periodicFlush: flushMilliseconds,
  });
  // A log that nobody reads any more must not end the server (EPIPE).
  output.on("error", () => {});
  const flush = (): void => {
    try {
      output.flushSync();
    } catch {
      // The reader is gone; there is nowhere left to say so.
    }
  };
  process.once("exit", flush);
  return { write: (line) => output.write(line), flush };
}
