/** A server as a real process, which tests may kill, stop, replace and start again. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

export type ClusterNode = {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /**
   * Until both listeners are ready.
   * @param main Another program than before, from now on.
   * @returns the milliseconds that it took.
   */
  readonly start: (main?: string) => Promise<number>;
  /** Until the process has ended. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<Ended>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly pid: () => number | undefined;
  readonly isRunning: () => boolean;
  /** How often the process ended, once it was ready, although nobody asked it to. */
  readonly countExits: () => number;
  /** The last lines of all its processes. */
  readonly readLog: () => string;
};

export type Ended = { readonly status: number | NodeJS.Signals | null; readonly milliseconds: number };

export type Settings = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, "../..");
export const currentMain: string = join(root, "apps/authorization-server/src/main.ts");
const condition = "--conditions=biped-source";
const keptLogLength = 20_000;

/** Not started yet. */
export function createNode(main: string, settings: Settings): ClusterNode {
  const publicUrl = `http://127.0.0.1:${settings.BIPED_PUBLIC_PORT}`;
  const adminUrl = `http://127.0.0.1:${settings.BIPED_ADMIN_PORT}`;
  const state: State = { main, child: undefined, log: "", exits: 0, isServing: false };
  const isRunning = (): boolean => state.child?.exitCode === null && state.child.signalCode === null;
  return {
    publicUrl,
    adminUrl,
    start: async (other) => {
      const startedAt = performance.now();
      state.main = other ?? state.main;
      run(state, settings);
      await until("the node is ready", async () => {
        // As what supervises it would do: a server that finds no store in time ends.
        if (!isRunning() && state.log.includes("The store is unavailable")) run(state, settings);
        if (!isRunning()) throw new Error(`A node ended as it started:\n${state.log}`);
        return (await isReady(publicUrl)) && (await isReady(adminUrl));
      });
      state.isServing = true;
      return performance.now() - startedAt;
    },
    end: async (signal) => {
      const startedAt = performance.now();
      state.isServing = false;
      const { child } = state;
      if (child !== undefined && isRunning()) {
        const ended = once(child, "close");
        child.kill(signal);
        await ended;
      }
      return { status: child?.exitCode ?? child?.signalCode ?? null, milliseconds: performance.now() - startedAt };
    },
    signal: (signal) => void state.child?.kill(signal),
    pid: () => state.child?.pid,
    isRunning,
    countExits: () => state.exits,
    readLog: () => state.log,
  };
}

type State = { main: string; child: ChildProcess | undefined; log: string; exits: number; isServing: boolean };

function run(state: State, settings: Settings): void {
  const endWithParent = join(import.meta.dirname, "end-with-parent.ts");
  const child = spawn(process.execPath, [condition, "--import", endWithParent, state.main, "serve"], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const read = (chunk: Buffer): void => {
    state.log = `${state.log}${chunk}`.slice(-keptLogLength);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.once("exit", () => {
    state.exits += state.isServing ? 1 : 0;
  });
  state.child = child;
  state.isServing = false;
}

/** A command of the server. @returns the JSON that it printed. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was printed.
export async function runCommand(main: string, settings: Settings, args: readonly string[]): Promise<any> {
  const env = { PATH: process.env.PATH, ...settings };
  const { stdout } = await promisify(execFile)(process.execPath, [condition, main, ...args], { env });
  return JSON.parse(stdout);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const patienceMilliseconds = 30_000;
  const deadline = performance.now() + patienceMilliseconds;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await sleep(10);
  }
}
