import { constants } from "node:os";
import path from "node:path";
import { askProcess } from "./ask-process.ts";
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
  readonly countProcesses: () => number;
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
    countProcesses: () => running.size,
    async close() {
      closing.abort(new EngineFailure("The engine was closed.", { isLasting: false }));
      await Promise.allSettled(running);
    },
  };
}

/** As source or compiled, the program stands beside this file. */
const program = path.join(import.meta.dirname, `engine-process${path.extname(import.meta.filename)}`);
const priority = constants.priority.PRIORITY_LOW;

async function runInProcess<Outcome>(order: Order, signal: AbortSignal): Promise<Outcome> {
  const answer = await askProcess<Answer<Outcome>>(program, order, { priority, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new EngineFailure("The engine's process could not start.", { isLasting: false, cause });
  });
  if ("ended" in answer) throw new EngineFailure(`The engine's process ended (${answer.ended}).`, { isLasting: false });
  if ("outcome" in answer) return answer.outcome;
  throw new EngineFailure(answer.failure.reason, answer.failure);
}
