/** The authorization server as its operators run it, in a process that tests may do anything to. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = path.join(import.meta.dirname, "..", "..");
const main = ["--conditions=biped-source", path.join(root, "apps", "authorization-server", "src", "main.ts")];
const endWithParent = ["--import", path.join(import.meta.dirname, "end-with-parent.ts")];
const patienceMilliseconds = 60_000;
const pollMilliseconds = 2;

export type ServerProcess = {
  readonly child: ChildProcess;
  /** From the start of the process to its line `ready`. */
  readonly readyMilliseconds: number;
  /** Both outputs so far. */
  readonly output: () => string;
  /** Sends the signal and waits for the end. @returns exit code or signal. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | NodeJS.Signals | null>;
};

export type ServerOrder = {
  readonly environment: NodeJS.ProcessEnv;
  /** What runs it, such as strace with its options. */
  readonly before?: readonly string[] | undefined;
  /** Where its output goes elsewhere: asked until it answers 200. */
  readonly readyUrl?: string | undefined;
  /** Milliseconds after its start at which it is killed, ready or not. */
  readonly killAfter?: number | undefined;
};

export class ServerEnded extends Error {
  override readonly name = "ServerEnded";
}

/** @throws ServerEnded where it ends before it is ready. */
export async function startServerProcess(order: ServerOrder): Promise<ServerProcess> {
  const { environment, before = [], readyUrl, killAfter } = order;
  const [program = "", ...args] = [...before, process.execPath, ...endWithParent, ...main, "serve"];
  const startedAt = performance.now();
  const child = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(child, "close");
  if (killAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfter);
  const isReady = async (): Promise<boolean> => {
    if (readyUrl === undefined) return output.includes('"msg":"ready"');
    return fetch(readyUrl).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  while (!(await isReady())) {
    if (hasEnded(child)) {
      await closed;
      throw new ServerEnded(`The server ended (${child.exitCode ?? child.signalCode}): ${output}`);
    }
    if (performance.now() - startedAt > patienceMilliseconds) {
      child.kill("SIGKILL");
      throw new Error(`The server is not ready: ${output}`);
    }
    await sleep(pollMilliseconds);
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
    return child.exitCode ?? child.signalCode;
  };
  return { child, readyMilliseconds: performance.now() - startedAt, output: () => output, end };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** A command of the server, such as `keys create-kek FILE`. @returns what it printed. */
export async function runServerCommand(environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  const { code, output } = await tryServerCommand(environment, args);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${output}`);
  return output;
}

/** @param before What runs it. */
export async function tryServerCommand(
  environment: NodeJS.ProcessEnv,
  args: readonly string[],
  before: readonly string[] = [],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const [program = "", ...words] = [...before, process.execPath, ...main, ...args];
  const child = spawn(program, words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, output };
}
