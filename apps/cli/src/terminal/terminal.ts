import { once } from "node:events";
import { addAbortSignal, type Readable, type Writable } from "node:stream";
import { createLocalError } from "../command-error.ts";
import { formatJson } from "./escape-controls.ts";
import { createStyle, type Style } from "./style.ts";

/** The three streams of a process, and what was said about how to use them. */
export type TerminalParts = {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly error: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly mode: OutputMode;
  /** Ends the reading of stdin. */
  readonly signal: AbortSignal;
};

export type OutputMode = {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isDebug: boolean;
  readonly isColorRefused: boolean;
};

export type Terminal = OutputMode & {
  /** Somebody sits there and can be asked. */
  readonly isInteractive: boolean;
  readonly isInputTerminal: boolean;
  readonly isOutputTerminal: boolean;
  /** Progress may be drawn on stderr: a terminal, and neither --quiet nor --json. */
  readonly isProgressShown: boolean;
  readonly columns: number;
  /** For stdout. */
  readonly style: Style;
  /** For stderr. */
  readonly errorStyle: Style;
  /** A line of the result, to stdout. The caller has escaped what a service said. */
  readonly print: (line: string) => void;
  /** The one document of a --json run. */
  readonly printJson: (value: unknown) => void;
  /** Bytes as they are to stdout; resolves when more can be taken. */
  readonly write: (bytes: Uint8Array | string) => Promise<void>;
  /** A line beside the result, to stderr; not with --quiet or --json. */
  readonly note: (line: string) => void;
  /** An error, to stderr, whatever the options. */
  readonly complain: (lines: string) => void;
  /** For --debug only. Never with a secret or a token. */
  readonly debug: (line: string) => void;
  /** One line on stderr that the next one replaces; undefined takes it away. Nothing where progress is not shown. */
  readonly showProgress: (line: string | undefined) => void;
  /** Everything on stdin, as text. */
  readonly readInput: () => Promise<string>;
  /** Everything on stdin, as bytes. */
  readonly readInputBytes: () => Promise<Buffer>;
  readonly streams: Pick<TerminalParts, "input" | "error">;
};

const inputLimitBytes = 64 * 1024 * 1024;

export function createTerminal({ input, output, error, environment, mode, signal }: TerminalParts): Terminal {
  const { isJson, isQuiet, isDebug, isColorRefused } = mode;
  const isTerminal = { input: input.isTTY === true, output: output.isTTY === true, error: error.isTTY === true };
  // Some terminals say 0 for what they do not know.
  const columns = output.columns || error.columns || 80;
  const print = (line: string): void => void output.write(`${line}\n`);
  const complain = (lines: string): void => void error.write(`${lines}\n`);
  const isProgressShown = isTerminal.error && !isQuiet && !isJson && environment.TERM !== "dumb";
  const note = (line: string): void => {
    if (!isQuiet && !isJson) complain(line);
  };
  const readInputBytes = (): Promise<Buffer> => {
    // Else the command would seem to hang.
    if (isTerminal.input) note("Reading from the terminal: end with Ctrl-D.");
    return readAll(addAbortSignal(signal, input));
  };
  return {
    ...mode,
    isInteractive: isTerminal.input && isTerminal.error && !isJson,
    isInputTerminal: isTerminal.input,
    isOutputTerminal: isTerminal.output,
    isProgressShown,
    columns,
    style: createStyle({ environment, isTerminal: isTerminal.output, isColorRefused }),
    errorStyle: createStyle({ environment, isTerminal: isTerminal.error, isColorRefused }),
    print,
    printJson: (value) => print(formatJson(value)),
    write: async (bytes) => {
      if (!output.write(bytes)) await once(output, "drain");
    },
    note,
    complain,
    debug: (line) => {
      if (isDebug) complain(`debug: ${line}`);
    },
    showProgress: createProgressLine(columns, (text) => {
      if (isProgressShown) error.write(text);
    }),
    readInput: async () => (await readInputBytes()).toString("utf8"),
    readInputBytes,
    streams: { input, error },
  };
}

/** A line that the next one replaces, and no longer than the terminal is wide: the rest would stay for ever. */
function createProgressLine(columns: number, write: (text: string) => void): Terminal["showProgress"] {
  let isShown = false;
  return (line) => {
    // Nothing is written to take away what was never there.
    if (line !== undefined || isShown) write(`\r\u001b[K${(line ?? "").slice(0, Math.max(1, columns - 1))}`);
    isShown = line !== undefined;
  };
}

/** The flags that say how to print count wherever they stand, and also when the rest cannot be understood. */
export function readOutputMode(args: readonly string[]): OutputMode {
  const end = args.indexOf("--");
  const options = new Set(end === -1 ? args : args.slice(0, end));
  return {
    isJson: options.has("--json"),
    isQuiet: options.has("--quiet"),
    isDebug: options.has("--debug"),
    isColorRefused: options.has("--no-color"),
  };
}

async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > inputLimitBytes) throw createLocalError("What came on stdin is longer than 64 MiB", "INPUT_TOO_LARGE");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
