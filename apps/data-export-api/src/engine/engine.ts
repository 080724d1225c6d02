import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import path from "node:path";
import type { Answer, Order } from "./engine-process.ts";
import type { Outcomes, Task } from "./task.ts";

/** Why a task came to nothing, for people: no path, and no value of any row. */
export class EngineFailure extends Error {
  override readonly name = "EngineFailure";
  /** Whether another attempt would fail in the same way. */
  readonly isLasting: boolean;

  constructor(reason: string, { isLasting, cause }: { readonly isLasting: boolean; readonly cause?: unknown }) {
    super(reason, { cause });
    this.isLasting = isLasting;
  }
}

/** Runs tasks on DuckDB, each in a process of its own that may be killed at any moment. */
export type Engine = {
  /** @throws EngineFailure; when `signal` is aborted, after the process has ended, its reason. */
  readonly run: <Kind extends Task["kind"]>(
    task: Extract<Task, { readonly kind: Kind }>,
    signal?: AbortSignal,
  ) => Promise<Outcomes[Kind]>;
  /** Kills what runs. */
  readonly close: () => Promise<void>;
};

export type EngineSettings = {
  /** What DuckDB may take; the process has some 100 MB more. */
  readonly memoryBytes: number;
  readonly threads: number;
};

export function createEngine(settings: EngineSettings): Engine {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    async run<Kind extends Task["kind"]>(task: Extract<Task, { readonly kind: Kind }>, signal?: AbortSignal) {
      const signals = signal === undefined ? [closing.signal] : [closing.signal, signal];
      const done = runInProcess<Outcomes[Kind]>({ task, settings }, AbortSignal.any(signals));
      running.add(done);
      try {
        return await done;
      } finally {
        running.delete(done);
      }
    },
    async close() {
      closing.abort(new EngineFailure("The engine was closed.", { isLasting: false }));
      await Promise.allSettled(running);
    },
  };
}

async function runInProcess<Outcome>(order: Order, signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted();
  const child = startProcess();
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  let answer: Answer<Outcome> | undefined;
  child.once("message", (message: Answer<Outcome>) => {
    answer = message;
    child.disconnect();
  });
  const ending = once(child, "exit").catch(refuseStart);
  // Without a file descriptor left there is no channel. Where sending fails, the process has ended. Both show below.
  if (child.connected) child.send(order, () => {});
  const ended = await ending;
  signal.removeEventListener("abort", kill);
  signal.throwIfAborted();
  if (answer === undefined) {
    const [code, signalName] = ended;
    throw new EngineFailure(`The engine's process ended (${signalName ?? code}).`, { isLasting: false });
  }
  if ("outcome" in answer) return answer.outcome;
  throw new EngineFailure(answer.failure.reason, answer.failure);
}

/** With the options of this process (which sources need) and without its environment, where secrets are. */
function startProcess(): ChildProcess {
  const program = path.join(import.meta.dirname, `engine-process${path.extname(import.meta.filename)}`);
  try {
    const child = fork(program, { env: {}, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    lowerPriority(child);
    return child;
  } catch (error) {
    return refuseStart(error);
  }
}

/** As long as there is one thread only: those to come inherit it. Token issue never waits for an export (L-08). */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It may have ended; where the system refuses, the export runs like any other process.
  }
}

function refuseStart(cause: unknown): never {
  throw new EngineFailure("The engine's process could not start.", { isLasting: false, cause });
}
