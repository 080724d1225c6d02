/**
 * Runs the command `biped` from its source, as its users do: in a real pseudo-terminal, or through pipes.
 * Nothing of the tests' own environment reaches it but PATH.
 */

import { spawn as spawnThroughPipe } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type IPty, spawn as spawnInTerminal } from "@lydell/node-pty";

const program = join(import.meta.dirname, "..", "apps", "cli", "src", "main.ts");
const usualLimitMilliseconds = 30_000;

type Variables = Readonly<Record<string, string>>;

export type CommandPlace = {
  /** Working directory and home of the command; empty at first. */
  readonly directory: string;
  /** Holds an empty BIPED_CONFIG_DIR, and what was asked for. */
  readonly env: Variables;
  readonly remove: () => Promise<void>;
};

export async function createCommandPlace(variables: Variables = {}): Promise<CommandPlace> {
  const directory = await mkdtemp(join(tmpdir(), "biped-command-"));
  const config = await mkdtemp(join(tmpdir(), "biped-config-"));
  const env = { HOME: directory, BIPED_CONFIG_DIR: config, TERM: "xterm-256color", LANG: "C.UTF-8", ...variables };
  const remove = async (): Promise<void> => {
    for (const made of [directory, config]) await rm(made, { recursive: true, force: true });
  };
  return { directory, env, remove };
}

/** What to wait for in the output since the last answer, and what to type then. `"\u0003"` is Ctrl-C. */
export type TerminalAnswer = readonly [expect: string | RegExp, type: string];

export type TerminalOptions = {
  readonly env: Variables;
  /** Where the command runs; its HOME without it. */
  readonly cwd?: string;
  readonly answers?: readonly TerminalAnswer[];
  readonly columns?: number;
  /** Sends a signal once the output holds this. */
  readonly signalAfter?: readonly [expect: string | RegExp, signal: NodeJS.Signals];
};

export type TerminalResult = {
  /** As the terminal received it, escapes included. */
  readonly output: string;
  /** Without escapes, and with plain line ends. */
  readonly text: string;
  readonly exitCode: number;
  /** Which signal ended the command, if one did. */
  readonly signal: NodeJS.Signals | undefined;
};

/** stdin, stdout and stderr are one terminal. Rejects after 30 seconds, with what was printed until then. */
export async function runInTerminal(args: readonly string[], options: TerminalOptions): Promise<TerminalResult> {
  const { env, cwd = env.HOME, columns = 100 } = options;
  const child = spawnInTerminal(process.execPath, ["--conditions=biped-source", program, ...args], {
    name: "xterm-256color",
    cols: columns,
    rows: 40,
    cwd: cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, ...env },
  });
  const steps = createSteps(child, options);
  let output = "";
  child.onData((data) => {
    output += data;
    steps.look(stripEscapes(output));
  });
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; signal?: number }>();
  child.onExit(resolve);
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`biped ${args[0]} did not end${steps.describeMissing()}; its output:\n${stripEscapes(output)}`));
  }, usualLimitMilliseconds);
  const ended = await promise.finally(() => clearTimeout(timer));
  return { output, text: stripEscapes(output), exitCode: ended.exitCode, signal: nameSignal(ended.signal) };
}

function createSteps(child: IPty, { answers = [], signalAfter }: TerminalOptions) {
  const waiting = [...answers];
  let position = 0;
  let isSignalled = signalAfter === undefined;
  const findEnd = (text: string, expected: string | RegExp): number => {
    const [found] = typeof expected === "string" ? [expected] : (expected.exec(text) ?? []);
    const at = found === undefined ? -1 : text.indexOf(found);
    return found === undefined || at === -1 ? -1 : at + found.length;
  };
  return {
    look: (text: string): void => {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        const end = findEnd(text.slice(position), next[0]);
        if (end === -1) break;
        position += end;
        waiting.shift();
        child.write(next[1]);
      }
      if (isSignalled || signalAfter === undefined || findEnd(text, signalAfter[0]) === -1) return;
      isSignalled = true;
      child.kill(signalAfter[1]);
    },
    describeMissing: (): string => (waiting[0] === undefined ? "" : ` and did not print ${String(waiting[0][0])}`),
  };
}

export type PipeOptions = {
  readonly env: Variables;
  readonly cwd?: string;
  /** All of stdin; it is empty without it. */
  readonly input?: string | Uint8Array;
  /** For a command that waits for others; 30 seconds without it. */
  readonly limitMilliseconds?: number;
};

export type PipeResult = {
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** Three pipes. Rejects after the limit. */
export async function runThroughPipe(
  args: readonly string[],
  { env, cwd = env.HOME, input = "", limitMilliseconds = usualLimitMilliseconds }: PipeOptions,
): Promise<PipeResult> {
  const child = spawnThroughPipe(process.execPath, ["--conditions=biped-source", program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
  });
  // A command that reads nothing closes its end first.
  child.stdin.on("error", () => undefined).end(input);
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
  try {
    await once(child, "close", { signal: AbortSignal.timeout(limitMilliseconds) });
  } catch {
    child.kill("SIGKILL");
    throw new Error(`biped ${args[0]} did not end; its errors:\n${Buffer.concat(chunks.stderr)}`);
  }
  const stdoutBytes = Buffer.concat(chunks.stdout);
  const stderr = Buffer.concat(chunks.stderr).toString();
  return { stdout: stdoutBytes.toString(), stdoutBytes, stderr, exitCode: child.exitCode, signal: child.signalCode };
}

/** Lines that a terminal draws over one another stay apart, so that tests see each of them. */
function stripEscapes(output: string): string {
  return stripVTControlCharacters(output).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
}

/** What is left to see in the end, of a command that draws over its last line alone. */
export function readScreen(output: string): string {
  const lines = stripVTControlCharacters(output).replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => line.slice(line.lastIndexOf("\r") + 1)).join("\n");
}

function nameSignal(number: number | undefined): NodeJS.Signals | undefined {
  const entries = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return number ? entries.find(([, value]) => value === number)?.[0] : undefined;
}
